"""Flows: a thousand images under the hand, and a frame that kills its decoder."""

import dataclasses
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import ct_slice, write_ct_series
from tests.ui.flow_steps import PATIENCE, shown_uid, viewport, wait_for
from tests.ui.program_window import open_window, running
from viewer.application.programme import Programme
from viewer.base.jobs import Progress
from viewer.dicom.transfer_syntaxes import Codec
from viewer.imaging.frame_decoding import DecodeRequest
from viewer.imaging.stored_frame import StoredFrame
from viewer.ui.main_window import MainWindow

JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


def assert_shows_slice(window: MainWindow, index: int, size: int) -> None:
    """Compare what is on screen with the slice as it was made."""
    displayed = window.workspace.displayed(0)
    assert displayed is not None
    assert displayed.stored is not None
    assert np.array_equal(displayed.stored.values, ct_slice(index, size))


def turn_wheel(window: MainWindow, notches: int) -> None:
    target = viewport(window)
    at = QPointF(target.rect().center())
    event = QWheelEvent(
        at,
        QPointF(target.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, -120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)


def test_a_thousand_images_are_scrolled_by_wheel_and_keys(programme: Programme, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 1000, 64)
    window = open_window(programme, tmp_path / "ct", size=(900, 650))
    workspace = window.workspace
    display_set = workspace.display_set_at(0)
    assert display_set is not None
    assert len(display_set.images) == 1000
    assert workspace.viewport(0).index == 0  # where a reader begins
    for notch in range(60):
        before = workspace.viewport(0).index
        turn_wheel(window, 1)
        index = workspace.viewport(0).index  # a fast wheel takes several images at a notch
        assert index > before or index == 999
        if notch % 20 == 0:
            wait_for(lambda: not window.is_loading() and shown_uid(window))
            assert_shows_slice(window, index, 64)
    window.activateWindow()
    window.setFocus()
    for key, index in ((Qt.Key.Key_End, 999), (Qt.Key.Key_PageUp, 998), (Qt.Key.Key_Home, 0)):
        QTest.keyClick(window, key)
        wait_for(lambda: not window.is_loading() and shown_uid(window))
        assert workspace.viewport(0).index == index
        assert_shows_slice(window, index, 64)


class DeadlyDecoder:
    """Sends one file's frame to a process that is killed over it, as often as it is tried."""

    def __init__(self, programme: Programme, name: str, folder: Path) -> None:
        self._decode = programme.decoder.decode
        self._pool = programme.decoder
        self._name = name
        self._pipe = folder / "pipe"  # nobody writes to it: whoever reads it works until it is killed
        os.mkfifo(self._pipe)
        self.deaths = 0
        self._is_over = threading.Event()
        self._killer = threading.Thread(target=self._kill, name="killer")

    def __enter__(self) -> Self:
        self._killer.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._is_over.set()
        self._killer.join()

    def decode(self, request: DecodeRequest, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        if request.subject.endswith(self._name):
            request = dataclasses.replace(request, codec=Codec.H264, data=b"", stream_path=str(self._pipe))
        return self._decode(request, priority=priority, progress=progress)

    def _kill(self) -> None:
        seen: set[int] = set()
        while not self._is_over.is_set():
            for process in tuple(self._pool._busy):
                if process.stream_path == str(self._pipe) and process.pid not in seen:
                    seen.add(process.pid)
                    os.kill(process.pid, signal.SIGKILL)
                    self.deaths += 1
            time.sleep(0.002)


def test_a_frame_that_kills_its_decoder_costs_that_frame_only(
    programme: Programme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ct_series(tmp_path / "ct", 6, 64, transfer_syntax_uid=JPEG_LOSSLESS)
    with DeadlyDecoder(programme, "IM000002", tmp_path) as deadly:
        monkeypatch.setattr(programme.decoder, "decode", deadly.decode)
        window = programme.open_window((900, 650))
        programme.opener.open([tmp_path / "ct"])
        wait_for(lambda: shown_uid(window) and programme.tree.counts.files == 6)
        end = time.monotonic() + PATIENCE
        for index in (0, 1, 2, 3, 4, 5, 2, 1):
            window.workspace.set_index(index)
            wait_for(lambda: not window.is_loading())
            shown = viewport(window).shown
            if index == 2:
                assert shown.image is None
                assert "IM000002" in shown.texts.message
                assert "ends the decoder" in shown.texts.message
                assert shown.texts.identity  # whose image it would have been
            else:
                assert not shown.texts.message
                assert_shows_slice(window, index, 64)
        assert time.monotonic() < end
        # Two end it; whoever asked for it at the same time, to show it or to have it ready, was under way already.
        assert 2 <= deadly.deaths <= 4
        deaths = deadly.deaths
        window.workspace.set_index(2)
        wait_for(lambda: not window.is_loading())
        assert deadly.deaths == deaths
