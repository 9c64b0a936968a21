from __future__ import annotations

from pathlib import Path

import pytest

from napari_xraysep.errors import InputError
from napari_xraysep.io.landmarks import (
    Pictures,
    read_landmarks,
    write_bigwarp,
    write_butterfly,
    write_landmarks,
)
from napari_xraysep.records import Landmark

PICTURES = Pictures((400, 600), {"front": (800, 1000), "back": (300, 450)})
FRONT = Pictures((400, 600), {"front": (800, 1000)})
PAIRS = (
    Landmark(name="window, left", xray=(10.25, 20.5), photograph=(799.5, 3)),
    Landmark(name="Öse", xray=(-0.5, 599.5), photograph=(30.125, 999), enabled=False),
    Landmark(name='the "nail"', xray=(399, 0), photograph=(0, 0)),
    Landmark(name="4", xray=(200, 300), photograph=(410, 505)),
    Landmark(name="5", xray=(100, 400), photograph=(220, 700)),
)
HEADER = "name,side,enabled,xray_x,xray_y,photo_x,photo_y\n"
LINE = "a,front,1,20.5,10.25,3,799.5\n"


def test_both_sides_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "landmarks.csv"
    path.write_text("something older")
    back = (PAIRS[0].model_copy(update={"photograph": (299.0, 449.0)}),)
    write_landmarks(path, {"front": PAIRS, "back": back})
    found = read_landmarks(path, PICTURES)
    assert found.sides == {"front": PAIRS, "back": back}
    assert read_landmarks(path, PICTURES, "back").sides == {"back": back}
    alone = Pictures(PICTURES.radiograph, {"front": PICTURES.photographs["front"]})
    assert read_landmarks(path, alone, "front").sides == {"front": PAIRS}
    assert found.left_out == ()
    assert path.read_text(encoding="utf-8").splitlines()[0] + "\n" == HEADER
    assert [file.name for file in tmp_path.iterdir()] == ["landmarks.csv"]


@pytest.mark.parametrize(
    "held",
    [
        (HEADER + LINE).encode(),
        b"\xef\xbb\xbf" + (HEADER + LINE).encode(),
        (HEADER + LINE).replace(",", ";").replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf"
        + (HEADER.replace(",", ";") + "a;Front;TRUE;20,5;10,25;3;799,5\r\n;;;;;;\r\n").encode(),
        (HEADER + LINE).replace(",", "\t").encode("utf-16"),
        b"\n"
        + (b"photo_y,photo_x,note,xray_y,xray_x,enabled,side,name\n")
        + b"799.5,3,seen well,10.25,20.5,yes,front,a\n",
    ],
    ids=["plain", "mark", "semicolons", "decimal commas", "utf-16 tabs", "other order"],
)
def test_tables_are_read_as_spreadsheets_write_them(tmp_path: Path, held: bytes) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(held)
    (landmark,) = read_landmarks(path, PICTURES).sides["front"]
    assert landmark == Landmark(name="a", xray=(10.25, 20.5), photograph=(799.5, 3))


def test_a_name_in_a_western_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes((HEADER + LINE.replace("a,", "Öse,", 1)).encode("cp1252"))
    assert read_landmarks(path, PICTURES).sides["front"][0].name == "Öse"


def test_cells_of_several_lines_are_put_on_one(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(HEADER + '"left\neye",front,1,20.5,10.25,3,799.5\n')
    assert read_landmarks(path, PICTURES).sides["front"][0].name == "left eye"
    path.write_text(HEADER + f'a,front,1,"1\n{"2" * 99}x",10.25,3,799.5\n')
    with pytest.raises(InputError) as caught:
        read_landmarks(path, PICTURES)
    assert "\n" not in str(caught.value)
    assert len(caught.value.problem) < 60


def test_a_pair_without_a_name_is_called_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(HEADER + LINE[1:])
    assert read_landmarks(path, PICTURES).sides["front"][0].name == "line 2"


BIGWARP = (
    '"Pt-0","true","47.5","103.99999999999999","51.09375","195.28125"\n'
    '"Pt;1","false","162.5","42.90624999999999","120.09375","49.37499999999999"\n'
    '"Pt-2","false","234.375","119.09374999999999","Infinity","Infinity"\n'
)


def test_bigwarp_moves_the_photograph(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(BIGWARP)
    found = read_landmarks(path, PICTURES, "back")
    assert list(found.sides) == ["back"]
    first, second = found.sides["back"]
    assert first.photograph == pytest.approx((104, 47.5))
    assert first.xray == pytest.approx((195.28125, 51.09375))
    assert (first.enabled, second.enabled) == (True, False)
    assert second.name == "Pt;1"
    assert found.left_out == ("Pt-2",)


def test_bigwarp_in_a_volume_and_with_numbers(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text('"Pt-0","true","7","47","103","0.0","51","195","0.0"\n')
    (landmark,) = read_landmarks(path, FRONT).sides["front"]
    assert (landmark.photograph, landmark.xray) == ((103, 47), (195, 51))
    path.write_text('"Pt-0","true","47","103","0.0","51","195","0.0"\n')
    assert read_landmarks(path, FRONT).sides["front"] == (landmark,)
    path.write_text('"Pt-0","true","7","47","103","51","195"\n')
    assert read_landmarks(path, FRONT).sides["front"] == (landmark,)


def test_bigwarp_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    write_bigwarp(path, PAIRS)
    assert path.read_text().startswith('"window, left","true","3.0","799.5","20.5","10.25"\n')
    assert read_landmarks(path, PICTURES, "front").sides["front"] == PAIRS


BUTTERFLY = """Butterfly Registrator
1.0
control points
Assumes moving image(s) resized and padded to match target image dimensions
target
xray.tif
moving
front.tif|raking.tif
x|y|x|y
"""


def test_butterfly_registrator_scaled_the_photograph_to_fit(tmp_path: Path) -> None:
    """A photograph of 1000 × 800 becomes 500 × 400 on a radiograph of 600 × 400."""
    path = tmp_path / "p.csv"
    path.write_text(BUTTERFLY + "20.5|10.5|50.0|100.25\n599.5|399.5|500.0|400.0\n")
    first, second = read_landmarks(path, FRONT, radiograph_name="xray.tif").sides["front"]
    assert first.xray == (10, 20)
    assert first.photograph == (200, 99.5)
    assert second.photograph == (799.5, 999.5)
    assert (first.name, second.name) == ("1", "2")


def test_butterfly_registrator_may_have_moved_the_radiograph(tmp_path: Path) -> None:
    """A radiograph of 600 × 400 becomes 1000 × 666 on a photograph of 1000 × 800."""
    path = tmp_path / "p.csv"
    path.write_text(BUTTERFLY.replace("raking.tif", "plate.tif") + "20.5|10.5|1000|666\n")
    (landmark,) = read_landmarks(path, FRONT, radiograph_name="plate.tif").sides["front"]
    assert landmark.photograph == (10, 20)
    assert landmark.xray == pytest.approx((399.5, 599.5))


@pytest.mark.parametrize("side", ["front", "back"])
def test_butterfly_round_trip(tmp_path: Path, side: str) -> None:
    path = tmp_path / "p.csv"
    places = [(5.0, 7.0), (290, 20), (10, 440), (250.5, 400.25)]
    pairs = [
        Landmark(name=str(number), xray=(row, column), photograph=(row, column))
        for number, (row, column) in enumerate(places, 1)
    ]
    unused = pairs[0].model_copy(update={"name": "unused", "enabled": False})
    write_butterfly(path, [*pairs, unused], PICTURES, side)
    assert path.read_text().startswith(BUTTERFLY.split("xray")[0])
    found = read_landmarks(path, PICTURES, side).sides[side]
    for pair, other in zip(pairs, found, strict=True):
        assert other.xray == pytest.approx(pair.xray)
        assert other.photograph == pytest.approx(pair.photograph)


def test_butterfly_takes_four_pairs_and_writes_nothing_otherwise(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exactly 4 pairs, 3 are enabled"):
        write_butterfly(tmp_path / "p.csv", PAIRS[:4], PICTURES, "front")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("held", "problem"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf\n \n", "it is empty"),
        (HEADER.encode(), "it holds no pair"),
        (b"one,two\n1,2\n", "it is no table of landmarks"),
        (b"1,2,3,4\n", "it is no table of landmarks"),
        (b"\x89PNG\x00\x00\x01", "it is no text"),
        (b"II*\x00\x08", "it is no text"),
        (HEADER.replace("photo_y", "photo").encode(), "it has no column photo_y"),
        ((HEADER + "a,front,1,twenty,1,2,3\n").encode(), "line 2: 'twenty' is no number"),
        ((HEADER + LINE + "a,front,1,,1,2,3\n").encode(), "line 3: a coordinate is missing"),
        ((HEADER + "a,front,1,nan,1,2,3\n").encode(), "line 2: 'nan' is no number"),
        ((HEADER + "a,front,1,inf,1,2,3\n").encode(), "line 2: 'inf' is no number"),
        ((HEADER + "a,top,1,1,1,2,3\n").encode(), "line 2 is of the side 'top'"),
        ((HEADER + "a,front,maybe,1,1,2,3\n").encode(), "line 2: 'maybe' is neither 1 nor 0"),
        ((HEADER + "a,front,1,2,5,1,5,2,5,3,5\n").encode(), "line 2 has 11 columns"),
        ((HEADER + "a,front,1,600,1,2,3\n").encode(), "line 2 lies outside the radiograph"),
        ((HEADER + "a,front,1,6,1,2,-9\n").encode(), "line 2 lies outside the photograph"),
        ((HEADER + 'a,front,1,6,1,2,"9\n').encode(), "it is damaged"),
        ((BIGWARP + '"Pt-3","true","1","2","3"\n').encode(), "line 4 is not as BigWarp"),
        (b'"Pt-3","true","NaN","2","3","4"\n', "line 1: 'NaN' is no number"),
        (b'"Pt-3","true","Infinity","2","3","4"\n', "it holds no pair"),
        (BUTTERFLY[:40].encode(), "does not go on so"),
        ((BUTTERFLY + "1|2|3\n").encode(), "line 10 has 3 columns, not 4"),
        ((BUTTERFLY + "1|2|3|x\n").encode(), "line 10: 'x' is no number"),
        (b"a" * 10_000_001, "far too large"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, held: bytes, problem: str) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(held)
    with pytest.raises(InputError) as caught:
        read_landmarks(path, FRONT)
    assert str(caught.value).startswith(f"{path}: ")
    assert problem in caught.value.problem
    assert "\n" not in str(caught.value)
    assert len(caught.value.problem) < 150


@pytest.mark.parametrize(
    "held", [BIGWARP, BUTTERFLY + "20|10|50|100\n", "name,enabled,xray_x,xray_y,photo_x,photo_y\n"]
)
def test_a_table_must_say_to_which_of_two_photographs_it_belongs(tmp_path: Path, held: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(held)
    with pytest.raises(InputError, match="it does not say which pairs are of the front"):
        read_landmarks(path, PICTURES)


def test_a_table_without_sides_is_of_the_only_photograph(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("name,enabled,xray_x,xray_y,photo_x,photo_y\na,1,1,2,3,4\n")
    landmark = Landmark(name="a", xray=(2, 1), photograph=(4, 3))
    assert read_landmarks(path, FRONT).sides == {"front": (landmark,)}
    assert read_landmarks(path, PICTURES, "back").sides == {"back": (landmark,)}


def test_bigwarp_in_inches_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("".join(f'"Pt-{n}","true","1.{n}","2","0.{n}","3"\n' for n in range(4)))
    with pytest.raises(InputError, match="inches or millimetres"):
        read_landmarks(path, FRONT)


def test_a_side_that_is_not_there_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    with pytest.raises(InputError, match="there is no such file"):
        read_landmarks(path, PICTURES)
    path.write_text(HEADER + LINE.replace("front", "back"))
    with pytest.raises(InputError, match="line 2 is of the back, of which there is no photograph"):
        read_landmarks(path, FRONT)
    with pytest.raises(InputError, match="holds no pair of landmarks of the front"):
        read_landmarks(path, FRONT, "front")
    with pytest.raises(InputError, match="cannot be read"):
        read_landmarks(tmp_path, PICTURES)


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it cannot be written"):
        write_landmarks(tmp_path / "no" / "p.csv", {"front": PAIRS})
    (tmp_path / "p.csv").mkdir()
    with pytest.raises(InputError, match="it cannot be written"):
        write_landmarks(tmp_path / "p.csv", {"front": PAIRS})
    assert [file.name for file in tmp_path.iterdir()] == ["p.csv"]
