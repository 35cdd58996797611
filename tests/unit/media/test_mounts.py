from pathlib import Path

from viewer.media.mounts import Mount, MountWatch, mounts_in, removable_mounts

MOUNTINFO = r"""
22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
40 28 11:0 / /media/kim/CT\040CD ro,nosuid shared:50 - iso9660 /dev/sr0 ro
41 28 11:1 / /run/media/kim/DVD ro - udf /dev/sr1 ro
42 28 8:17 / /media/kim/USB rw shared:3 master:2 - vfat /dev/sdb1 rw
43 28 8:33 / /mnt/stick rw - exfat /dev/sdc1 rw
44 28 8:49 / /home/kim rw - ext4 /dev/sda3 rw
45 28 8:18 / /media/kim/\355\225\234\352\270\200 rw - vfat /dev/sdd1 rw
46 28 7:0 / /srv/image ro - iso9660 /dev/loop0 ro
47 28 0:50 / /mnt/share rw - nfs4 server:/x rw
broken line
""".strip()


def test_removable_mounts_are_told_from_the_others() -> None:
    assert [(str(mount.path), mount.label, mount.is_optical) for mount in mounts_in(MOUNTINFO)] == [
        ("/media/kim/CT CD", "CT CD", True),
        ("/run/media/kim/DVD", "DVD", True),
        ("/media/kim/USB", "USB", False),
        ("/mnt/stick", "stick", False),
        ("/media/kim/한글", "한글", False),
        ("/srv/image", "image", True),
    ]


def test_this_machine_can_be_asked() -> None:
    assert all(isinstance(mount, Mount) for mount in removable_mounts())


def test_a_watch_tells_what_came_and_what_went() -> None:
    disc, stick = Mount(Path("/media/a"), "a", is_optical=True), Mount(Path("/media/b"), "b", is_optical=False)
    there: list[Mount] = [disc]
    came: list[Mount] = []
    went: list[Mount] = []
    watch = MountWatch(came.append, went.append, read=lambda: there)
    watch.look()
    there.append(stick)
    watch.look()
    watch.look()
    there.remove(disc)
    watch.look()
    assert came == [disc, stick]
    assert went == [disc]


def test_another_disc_in_the_same_place_is_told() -> None:
    came: list[Mount] = []
    went: list[Mount] = []
    there = [Mount(Path("/media/a"), "first", is_optical=True)]
    watch = MountWatch(came.append, went.append, read=lambda: there)
    watch.look()
    there[:] = [Mount(Path("/media/a"), "second", is_optical=True)]
    watch.look()
    assert [mount.label for mount in came] == ["first", "second"]
    assert [mount.label for mount in went] == ["first"]


def test_the_thread_looks_until_it_is_stopped() -> None:
    looks: list[int] = []

    def read() -> list[Mount]:
        looks.append(1)
        return []

    watch = MountWatch(lambda _mount: None, lambda _mount: None, read=read, poll_seconds=0.01)
    watch.start()
    while len(looks) < 3:
        pass
    watch.stop()
    seen = len(looks)
    assert len(looks) <= seen + 1
