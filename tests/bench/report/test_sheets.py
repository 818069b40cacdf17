"""Contact sheets: every subject and every method, the first request of each task."""

from pathlib import Path

from PIL import Image

from bench.data.items import Bench, Item, Subject
from bench.report.sheets import drawn_by, first_items, write_sheets
from bench.running.ledger import Result

ITEMS = tuple(Item(f"{n}/draw/{i}", "draw", n, "<x>.") for n in ("anna", "bob") for i in range(2))


def bench(folder: Path) -> Bench:
    for name in ("anna", "bob"):
        Image.new("RGB", (8, 4), "red").save(folder / f"{name}.png")
    subjects = [Subject(n, n, "mug", False, (f"{n}.png",), ()) for n in ("anna", "bob")]
    return Bench(0, tuple(subjects), ITEMS, folder=folder)


def result(out: Path, method: str, item: str, colour: str) -> Result:
    name = f"{method}-{item.replace('/', '-')}.png"
    Image.new("RGB", (8, 8), colour).save(out / name)
    return Result(method, item.split("/")[0], item, "draw", name)


def test_the_first_request_that_was_drawn_is_shown(tmp_path: Path) -> None:
    drawn = drawn_by([result(tmp_path, "ours", "anna/draw/1", "blue")])
    assert first_items(bench(tmp_path), "draw", drawn) == [("anna", "anna/draw/1", "anna.png")]


def test_a_sheet_has_all_subjects_and_leaves_out_black_pictures(tmp_path: Path) -> None:
    results = [
        result(tmp_path, method, f"{name}/draw/0", colour)
        for name in ("anna", "bob")
        for method, colour in (("ours", "blue"), ("black", "black"))
    ]
    (sheet,) = write_sheets(tmp_path, bench(tmp_path), results, ["ours", "black"])
    with Image.open(sheet) as page:
        # a name, the photo and one method; a line of labels and two subjects
        assert page.size == (110 + 2 * 98, 12 + 2 * 98)
        blue = page.convert("RGB").getpixel((110 + 98 + 48, 12 + 98 + 48))
    assert isinstance(blue, tuple) and blue[2] > 200 > 60 > blue[0]
