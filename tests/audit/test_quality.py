import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter

from helpers.audit import Thresholds, find_quality_issues, scan, summarise_quality
from helpers.audit.quality import robust_scores
from tests.audit.awkward import encode, photo
from tests.audit.sets import dataset_of, real_photos


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faulty")
    for seed in range(30):
        photo(192, 144, seed + 200).save(folder / f"fine {seed:02d}.jpg", quality=92)
    base = photo(192, 144, 300)
    night = Image.fromarray((np.asarray(base) * 0.05).astype(np.uint8))
    night.paste(base.crop((60, 40, 110, 90)), (60, 40))
    shallow = base.filter(ImageFilter.GaussianBlur(5))
    shallow.paste(base.crop((60, 40, 140, 110)), (60, 40))
    product = Image.new("RGB", (192, 144), "white")
    product.paste(base.crop((30, 10, 160, 130)), (30, 10))
    turned = Image.Exif()
    turned[274] = 8
    files = {
        "dark": encode(base.point(lambda level: level * 0.2), "JPEG"),
        "overexposed": encode(base.point(lambda level: 130 + level * 0.9), "JPEG"),
        "blurred": encode(base.filter(ImageFilter.GaussianBlur(4)), "JPEG"),
        "low information": encode(Image.new("RGB", (192, 144), "olive"), "JPEG"),
        "odd aspect ratio": encode(photo(600, 46, 301), "JPEG"),
        "odd size": encode(base.resize((40, 30)), "JPEG"),
        "unusual mode": encode(base.convert("L"), "JPEG"),
        "unusual mode turned": encode(base, "JPEG", exif=turned),
        "unusual mode without colour": encode(base.convert("L").convert("RGB"), "JPEG"),
        "odd file": encode(base, "PNG"),
        "unreadable": b"",
        "innocent night": encode(night, "JPEG"),
        "innocent shallow focus": encode(shallow, "JPEG"),
        "innocent product": encode(product, "JPEG"),
    }
    for name, data in files.items():
        (folder / f"{name}.jpg").write_bytes(data)
    dataset = dataset_of(folder, [path.name for path in folder.iterdir()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_WORK", str(tmp_path_factory.mktemp("work")))
        return scan(dataset, workers=0, progress=False)


def test_each_fault_is_flagged_by_its_name_and_innocents_are_not(faulty):
    issues = find_quality_issues(faulty)
    flagged = set(zip(issues["image_id"], issues["issue"], strict=True))
    names = [i[:-4] for i in faulty.index if not i.startswith(("fine", "innocent"))]
    missing = [n for n in names if not any(i[:-4] == n and n.startswith(k) for i, k in flagged)]
    assert missing == []
    assert [pair for pair in flagged if pair[0].startswith(("fine", "innocent"))] == []


def test_a_flag_explains_itself_with_its_numbers(faulty):
    issues = find_quality_issues(faulty).set_index("image_id")
    dark = issues[issues["issue"] == "dark"].loc["dark.jpg"]
    assert dark["rule"] == "absolute" and dark["threshold"] == Thresholds().dark
    assert f"{dark['value']:.2f}" in dark["why"] and "0.34" in dark["why"]
    assert issues.loc["unreadable.jpg", "why"] == "It is empty (0 bytes)."
    assert issues["why"].str.fullmatch(r"[A-Z0-9].*\.").all()


def test_thresholds_can_be_chosen(faulty):
    none = Thresholds(dark=0, overexposed=2, blurred=99, low_information=0, factor=1e9, rare=0)
    issues = find_quality_issues(faulty, none)
    assert set(issues["issue"]) == {"unreadable", "odd file", "odd aspect ratio"}


def test_a_limit_that_most_images_break_flags_none_of_them_and_says_so(faulty):
    fine = faulty[faulty.index.str.startswith("fine")]
    night = fine.assign(brightest=np.linspace(0.15, 0.3, len(fine)))
    listed = find_quality_issues(night)
    assert set(listed["rule"]) == {"not used"} and set(listed["issue"]) == {"dark"}
    assert listed["image_id"].tolist() == fine.index[:20].tolist()


def test_small_grey_digits_are_not_flagged_wholesale(tmp_path, monkeypatch):
    from sklearn.datasets import load_digits

    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    for number, pixels in enumerate(load_digits().images[:200]):
        Image.fromarray((pixels * 15.9).astype(np.uint8)).resize((28, 28)).save(
            tmp_path / f"{number:03d}.png"
        )
    dataset = dataset_of(tmp_path, [path.name for path in tmp_path.glob("*.png")])
    issues = find_quality_issues(scan(dataset, workers=0, progress=False))
    assert issues[issues["rule"] != "not used"]["image_id"].nunique() < 10


def test_an_empty_table_has_no_issues(faulty):
    assert find_quality_issues(faulty.iloc[:0]).empty
    assert set(find_quality_issues(faulty.loc[["unreadable.jpg"]])["issue"]) == {"unreadable"}


def test_few_real_photos_are_flagged():
    issues = find_quality_issues(scan(real_photos(400), progress=False))
    assert issues["image_id"].nunique() < 20


def smooth(seed, size=(200, 150)):
    """A smooth thing on a smooth ground, in focus: a disc with a soft shade and faint grain."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[1], : size[0]]
    shade = 120 + 60 * np.sin(x / rng.uniform(30, 60) + seed) * np.cos(y / rng.uniform(30, 60))
    inside = np.hypot(x - rng.uniform(60, 140), y - rng.uniform(50, 100)) < rng.uniform(30, 45)
    grey = np.where(inside, shade * 0.45, shade) + rng.normal(0, 1.5, shade.shape)
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")


def scan_of(folder, images, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(folder / "work"))
    for name, image in images.items():
        image.save(folder / name, quality=88)
    return scan(dataset_of(folder, list(images)), workers=0, progress=False)


def test_smooth_things_in_focus_are_not_blurred_and_blurred_ones_are(tmp_path, monkeypatch):
    images = {f"{seed:02d} fine.jpg": smooth(seed) for seed in range(40)}
    for number, radius in enumerate([2, 2.5, 3, 4]):
        blurred = smooth(100 + number).filter(ImageFilter.GaussianBlur(radius))
        images[f"blurred {radius}.jpg"] = blurred
    found = find_quality_issues(scan_of(tmp_path, images, monkeypatch))
    assert sorted(found["image_id"]) == sorted(i for i in images if i.startswith("blurred"))
    assert set(found["issue"]) == {"blurred"}


def test_photos_blurred_again_are_found_among_smooth_ones_enlarged_ones_are_counted(
    tmp_path, monkeypatch
):
    small = {f"{seed:02d}.jpg": smooth(seed).resize((40, 30)) for seed in range(30)}
    small = {name: image.resize((200, 150)) for name, image in small.items()}
    table = scan_of(tmp_path, small, monkeypatch)
    found = find_quality_issues(table)
    assert set(found["rule"]) == {"not used"} and len(found) == 20
    assert found["why"].str.endswith("are blurred (over 2.5); enlarged?").all()
    row = summarise_quality(table).query("issue == 'blurred'").iloc[0]
    assert row["images"] > 25 and not row["used"]


@pytest.mark.parametrize("size", [2, 6, 30])
def test_a_subject_on_plain_black_holds_information_and_a_blank_does_not(
    size, tmp_path, monkeypatch
):
    night = Image.new("RGB", (160, 120))
    subject = photo(160, 120, 5).crop((40, 30, 40 + size, 30 + size))
    night.paste(subject.point(lambda level: level // 2 + 127), (60, 50))
    blank = Image.new("RGB", (160, 120), "gray")
    images = {f"{seed:02d}.jpg": photo(160, 120, seed) for seed in range(12)}
    table = scan_of(tmp_path, images | {"night.jpg": night, "blank.jpg": blank}, monkeypatch)
    found = find_quality_issues(table).query("issue == 'low information'")
    assert found["image_id"].tolist() == ["blank.jpg"] + ["night.jpg"] * (size == 2)


def test_flags_agree_with_cleanvision_on_clear_cases(faulty, tmp_path):
    imagelab = pytest.importorskip("cleanvision").Imagelab
    for seed in range(12):
        image = photo(192, 144, seed + 200)
        image.save(tmp_path / f"{seed} fine.png")
        image.point(lambda level: level * 0.1).save(tmp_path / f"{seed} dark.png")
        factor = 0.1 + seed / 14
        image.point(lambda level, f=factor: level * f).save(tmp_path / f"{seed} step.png")
    names = sorted(path.name for path in tmp_path.glob("*.png"))
    ours = scan(dataset_of(tmp_path, names), workers=0, progress=False)
    lab = imagelab(filepaths=[str(tmp_path / name) for name in names])
    lab.find_issues({"dark": {}, "blurry": {}}, n_jobs=1, verbose=False)
    theirs = lab.issues.loc[[str(tmp_path / name) for name in names]]
    limits = Thresholds(most=1)
    dark = find_quality_issues(ours, limits).query("issue == 'dark'")["image_id"]
    clear = [name for name in names if not name.endswith("step.png")]
    expected = [n for n, bad in zip(names, theirs["is_dark_issue"], strict=True) if bad]
    assert set(dark) & set(clear) == set(expected) & set(clear)
    ranks = pd.DataFrame(
        {"ours": ours["brightest"].to_numpy(), "theirs": theirs["dark_score"].to_numpy()}
    )
    assert ranks.rank().corr().iloc[0, 1] > 0.95


def test_robust_scores_ignore_what_is_far_out():
    values = np.r_[np.random.default_rng(0).normal(10, 2, 999), 1e9]
    scores = robust_scores(values)
    assert scores[:-1].std() == pytest.approx(1, abs=0.1)
    assert scores[-1] > 1e8
