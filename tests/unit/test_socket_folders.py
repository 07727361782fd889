"""Where the sockets of a data folder lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from treadle.core.embedded.folder import FolderNotOurs
from treadle.core.embedded.ownership import LONGEST_SOCKET_PATH, make_private, socket_folder

DEEP = Path("/", *["a-folder-with-a-rather-long-name"] * 8)


def test_a_short_path_keeps_its_sockets() -> None:
    """Where they fit they lie with the data, and go with it."""
    assert socket_folder(Path("/srv/loom/run"), "valkey.sock") == Path("/srv/loom/run")


@pytest.mark.parametrize("name", ["valkey.sock", ".s.PGSQL.5432.lock"])
def test_a_long_path_gets_a_short_place_of_its_own(name: str) -> None:
    """Always the same for one folder, another for another, and short enough in bytes."""
    place = socket_folder(DEEP, name)
    assert place == socket_folder(DEEP, name)
    assert place != socket_folder(DEEP / "other", name)
    assert len(bytes(place / name)) <= LONGEST_SOCKET_PATH


def test_a_private_folder_is_closed_to_others(tmp_path: Path) -> None:
    """Also when it was there before, wide open."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o777)
    make_private(folder, None)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_link_in_its_place_is_not_trusted(tmp_path: Path) -> None:
    """In a folder that everyone may write, somebody else could point it anywhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderNotOurs, match="run"):
        make_private(tmp_path / "run", None)
