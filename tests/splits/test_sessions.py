"""Photos are kept together by camera and time, those that say neither stand alone."""

from dataclasses import replace

import pandas as pd
import pytest

from helpers.datasets import Dataset, DatasetError
from helpers.evidence.answered_pairs import knows_groups
from helpers.findings.sections import opening_line
from helpers.splits import ensure_split, group_by_time
from helpers.splits.sessions import BEGINS
from tests.splits.test_captures import save


def photographs(folder, rows):
    """A dataset of photos: name, seconds after ten o'clock or None, and camera."""
    for name, seconds, camera in rows:
        when = pd.Timestamp("2024-05-01 10:00") + pd.Timedelta(seconds=seconds or 0)
        taken = "" if seconds is None else when.strftime("%Y:%m:%d %H:%M:%S")
        save(folder / name, taken, words=(camera, "", ""))
    names = [name for name, *_ in rows]
    images = pd.DataFrame({"label": "x", "split": None}, pd.Index(names, name="image_id"))
    return Dataset("made", folder, images)


ROWS = [
    ("a.jpg", 0, "Orla"), ("b.jpg", 5, "Orla"), ("c.jpg", 10, "Orla"), ("d.jpg", 16, "Orla"),
    ("e.jpg", 19, "Orla"), ("f.jpg", 1, "Tern"), ("g.jpg", 4, ""), ("h.jpg", None, "Orla"),
]  # fmt: skip


def of(dataset):
    """The names that share a session, each as one word."""
    groups = dataset.groups
    return sorted("".join(n[0] for n in own.index) for _, own in groups.groupby(groups))


@pytest.mark.parametrize(
    ("pause", "together"),
    [
        (5, ["abc", "de", "f", "g", "h"]),
        (4.9, ["a", "b", "c", "de", "f", "g", "h"]),
        (6, ["abcde", "f", "g", "h"]),
    ],
)
def test_a_longer_pause_parts_sessions_of_a_camera(tmp_path, pause, together):
    dataset = photographs(tmp_path, ROWS)
    made = group_by_time(dataset, pause, workers=0)
    assert made.group == "session" and of(made) == together
    assert dataset.group is None
    sessions = [one for one in together if len(one) > 1]
    photos, most = sum(map(len, sessions)), max(map(len, sessions))
    number = f"{len(sessions)} session{'s' * (len(sessions) > 1)}"
    assert made.notes[-1] == (
        f"Groups come from the times of photos: {photos} photos make {number} of a camera with "
        f"pauses of at most {pause} s (column 'session', at most {most} in one); {8 - photos} stand"
        " alone, 2 of them for want of a time or a camera in the file."
    )


def test_times_are_no_knowledge_of_all_that_belongs_together(tmp_path):
    """One thing may have been photographed on two days, so that the search goes on."""
    made = group_by_time(photographs(tmp_path, ROWS[:6]), 5, workers=0)
    assert made.notes[-1].startswith(f"{BEGINS}: 5 photos make 2 sessions of a camera")
    assert made.has_groups and not knows_groups(made)
    own = made.with_images(made.images.assign(place="p")).with_group("place")
    assert knows_groups(group_by_time(replace(own, notes=()), 5, "more", workers=0))
    assert made.notes[-1].endswith(
        "; 1 stands alone, not for want of a time or a camera in the file."
    )
    all_in_one = group_by_time(photographs(tmp_path, ROWS[:5]), 1e6, workers=0)
    assert all_in_one.notes[-1].endswith("; none stands alone.")


def test_sessions_are_joined_with_groups_that_were_known_and_stay_on_one_side(tmp_path):
    dataset = photographs(tmp_path, ROWS)
    own = dataset.images.assign(place=["p", *[None] * 4, "p", "q", "q"], label=[*"xyxyxyxy"])
    made = group_by_time(dataset.with_images(own).with_group("place"), 5, "together", workers=0)
    assert of(made) == ["abcf", "de", "gh"]
    # A column said what belongs together; that some photos have no time takes nothing from it.
    assert made.notes[-1].startswith("By their times") and "2 of them for want" in made.notes[-1]
    sides = ensure_split(made).images["split"].groupby(made.groups).nunique()
    assert sides.max() == 1


@pytest.mark.parametrize("pause", [0, -1, float("nan"), float("inf"), "4"])
def test_a_pause_is_a_number_of_seconds(tmp_path, pause):
    with pytest.raises(DatasetError, match="expected a number of seconds above 0"):
        group_by_time(photographs(tmp_path, ROWS[:2]), pause)


def test_photos_that_do_not_follow_each_other_are_refused_with_what_is_known(tmp_path):
    dataset = photographs(tmp_path, ROWS[3:])
    with pytest.raises(DatasetError, match=r"within 2 s: of 5 images, 3 say in their files when"):
        group_by_time(dataset, 2, workers=0)


def test_where_a_column_is_called_session_another_name_is_taken_and_a_name_given_is_kept(tmp_path):
    dataset = photographs(tmp_path, ROWS)
    taken = dataset.with_images(dataset.images.assign(session="s"))
    assert group_by_time(taken, 5, workers=0).group == "session by time"
    with pytest.raises(DatasetError, match=r"another: group_by_time\(dataset, 5, column='…'\)"):
        group_by_time(taken, 5, "session", workers=0)
    both = taken.with_images(taken.images.assign(**{"session by time": "t"}))
    with pytest.raises(DatasetError, match="has a column 'session' already"):
        group_by_time(both, 5, workers=0)
    assert group_by_time(both, 5, "visit", workers=0).group == "visit"


@pytest.mark.parametrize("number", [3, 30])
def test_parts_that_were_cut_from_one_photo_stay_together_however_many_they_are(tmp_path, number):
    rows = [(f"{n:02d}.jpg", 7, "Orla") for n in range(number)] + [("z.jpg", 40, "Orla")]
    made = group_by_time(photographs(tmp_path, rows), 4, workers=0)
    assert sorted(made.groups.value_counts()) == [1, number]
    assert f": {number} photos make 1 session of a camera" in made.notes[-1]


def test_what_opened_a_dataset_is_told_with_the_sessions(tmp_path):
    dataset = photographs(tmp_path, ROWS)
    made = group_by_time(dataset, 4.5, workers=0)
    opened = f"open_dataset('path/to/{tmp_path.name}')"
    assert opening_line(dataset) == opened
    assert opening_line(made) == f"group_by_time({opened}, pause=4.5)"
    assert opening_line(made.development) == opening_line(made)
    assert made.development.opened["pause"] == 4.5
    assert group_by_time(made, 4, "short", workers=0).opened["pause"] == 4.5
    assert group_by_time(made, 9, "long", workers=0).opened["pause"] == 9
    assert opening_line(group_by_time(made, 9, "m", workers=0)) == (
        f"group_by_time(group_by_time({opened}, pause=4.5), pause=9, column='m')"
    )
