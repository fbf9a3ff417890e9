"""Which video devices this machine has."""

from pathlib import Path

from pipeline.capture.devices import describe_devices, list_devices


def test_devices_are_listed_in_order_with_their_names(tmp_path: Path) -> None:
    sysfs = tmp_path / "sys"
    for number, name in ((10, ""), (2, "HD Webcam\n")):
        (tmp_path / f"video{number}").touch()
        (sysfs / f"video{number}").mkdir(parents=True)
        if name:
            (sysfs / f"video{number}" / "name").write_text(name)
    (tmp_path / "video-card").touch()
    found = list_devices(tmp_path, sysfs)
    assert [(Path(path).name, name) for path, name in found.items()] == [("video2", "HD Webcam"), ("video10", "")]
    assert describe_devices({"/dev/video0": "Cam", "/dev/video1": ""}) == (
        "video devices found: /dev/video0 (Cam), /dev/video1"
    )


def test_a_machine_without_any_says_so(tmp_path: Path) -> None:
    assert describe_devices(list_devices(tmp_path, tmp_path)) == "no video device found in /dev"
