"""Links and invocations: what is asked for is read, everything else is refused."""

import contextlib
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.archives.deep_links import ShowRequest, is_link, parse_invocation, parse_link
from viewer.base.errors import UsageError

UID = "1.2.840.113619.2.5.1762583153"
IID = "/IHEInvokeImageDisplay?"


@pytest.mark.parametrize(
    ("link", "request_"),
    [
        (f"negatoscope:show?study={UID}", ShowRequest((UID,))),
        (f"NEGATOSCOPE:?study={UID}&archive=PACS%201", ShowRequest((UID,), archive="PACS 1")),
        (f"negatoscope://open/?study={UID},1.2&study=1.3", ShowRequest((UID, "1.2", "1.3"))),
        ("negatoscope:show?accession=A1&patient=4711", ShowRequest((), ("A1",), "4711")),
        ("negatoscope:show?patient=%ED%99%8D-1", ShowRequest(patient_id="홍-1")),
        (
            f"negatoscope:show?study={UID}&archive=PACS@pacs.example:104",
            ShowRequest((UID,), archive="PACS@pacs.example:104"),
        ),
        (
            f"negatoscope:show?study={UID}&archive={quote('https://pacs.example/dicom-web')}",
            ShowRequest((UID,), archive="https://pacs.example/dicom-web"),
        ),
    ],
)
def test_links_name_what_is_to_be_shown(link: str, request_: ShowRequest) -> None:
    assert is_link(link)
    assert parse_link(link) == request_


@pytest.mark.parametrize(
    "link",
    [
        "negatoscope:",
        "negatoscope:show",
        "negatoscope:delete?study=1.2",
        "negatoscope:show?study=../../etc/passwd",
        "negatoscope:show?study=1.2&study=x",
        "negatoscope:show?study=" + "1." * 40 + "1",
        "negatoscope:show?path=/etc/passwd",
        "negatoscope:show?study=1.2&run=xterm",
        "negatoscope:show?study=1.2&token=abc",
        "negatoscope:show?study=1.2&access_token=abc",
        "negatoscope:show?study=1.2&Password=abc",
        "negatoscope:show?study=1.2&archive=https://reader:secret@pacs.example/dicom-web",
        "negatoscope:show?study=1.2&archive=" + quote("https://pacs.example/dicom-web?access_token=abc", safe=""),
        "negatoscope:show?patient=*",
        "negatoscope:show?accession=A?",
        "negatoscope:show?patient=a%5Cb",
        "negatoscope:show?patient=a%00b",
        "negatoscope:show?patient=a%0Ab",
        "negatoscope:show?patient=a&patient=b",
        "negatoscope:show?study=%ff",
        "negatoscope:show?study=" + ",".join(f"1.{number}" for number in range(17)),
        "negatoscope:show?" + "&".join("study=1.2" for _each in range(100)),
        "negatoscope://evil.example/show?study=1.2",
        "negatoscope:show?study=1.2" + "&" * 9000,
        "file:///etc/passwd",
        "https://pacs.example/?study=1.2",
    ],
)
def test_links_that_say_anything_else_are_refused(link: str) -> None:
    with pytest.raises(UsageError):
        parse_link(link)


def test_what_a_refusal_says_holds_no_secret() -> None:
    with pytest.raises(UsageError) as refused:
        parse_link("negatoscope:show?study=1.2&token=canary-7")
    assert "canary" not in refused.value.one_line()
    with pytest.raises(UsageError) as refused:
        parse_link("negatoscope:show?study=1.2&archive=https://reader:canary-7@pacs.example/")
    assert "canary" not in refused.value.one_line()


@pytest.mark.parametrize(
    ("query", "request_"),
    [
        (f"requestType=STUDY&studyUID={UID}", ShowRequest((UID,))),
        (f"requestType=STUDY&studyUID={UID},1.2&viewerType=IHE_BIR&diagnosticQuality=true", ShowRequest((UID, "1.2"))),
        ("requestType=STUDY&accessionNumber=A1", ShowRequest((), ("A1",))),
        (
            "requestType=PATIENT&patientID=99998410%5E%5E%5E%26AcmeHospital",
            ShowRequest(patient_id="99998410", issuer="&AcmeHospital"),
        ),
        (
            "requestType=PATIENT&patientID=1&mostRecentResults=2&modalitiesInStudy=CT,MR&lowerDateTime=2026-01-02",
            ShowRequest(patient_id="1", latest=2, modalities=("CT", "MR"), date_from="20260102"),
        ),
    ],
)
def test_invocations_of_ihe_are_read(query: str, request_: ShowRequest) -> None:
    assert parse_invocation(IID + query) == request_


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/IHEInvokeImageDisplay",
        "/IHEInvokeImageDisplay/../x?requestType=STUDY&studyUID=1.2",
        IID + "requestType=STUDY",
        IID + "requestType=STUDY&patientID=1",
        IID + "requestType=PATIENT",
        IID + "requestType=SERIES&studyUID=1.2",
        IID + "requestType=PATIENT&patientName=HONG",
        IID + "requestType=PATIENT&patientID=1&patientBirthDate=19610203",
        IID + "requestType=PATIENT&patientID=1&lowerDateTime=yesterday",
        IID + "requestType=STUDY&studyUID=1.2&token=x",
        "http://evil.example/x?requestType=STUDY&studyUID=1.2",
    ],
)
def test_invocations_that_cannot_be_carried_out_are_refused(target: str) -> None:
    with pytest.raises(UsageError):
        parse_invocation(target)


def _read(text: str) -> list[ShowRequest]:
    found = []
    for read, whole in ((parse_link, f"negatoscope:{text}"), (parse_invocation, IID + text)):
        with contextlib.suppress(UsageError):
            found.append(read(whole))
    return found


@given(st.text(st.characters(), max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for request in _read(text) + _read(f"study={text}") + _read(f"requestType=STUDY&studyUID={text}"):
        assert all(set(uid) <= set(string.digits + ".") for uid in request.study_instance_uids)
