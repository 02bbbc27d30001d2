"""The cells that a report offers on files, labels, copies and the split: each works as printed."""

REVIEW_FLAGS = """from helpers.audit import find_quality_issues, scan
from helpers.widgets import review

flags = find_quality_issues(scan(dataset))
flags = flags[flags["issue"].isin({kinds}) & (flags["rule"] != "not used")]
review(dataset, flags)"""
REVIEW_CONFLICTS = """from helpers.audit import find_conflicts, find_duplicates
from helpers.widgets import review

review(dataset, find_conflicts(dataset, find_duplicates(dataset)))"""
REVIEW_LABELS = """from helpers.report import build_report
from helpers.widgets import review

suspects = build_report(dataset).suspects()
review(dataset, suspects[suspects["issue"].str.contains("label")])"""
DIVIDE_ANEW = """from helpers.audit import find_duplicates
from helpers.splits import ensure_split
from helpers.training import embed

pairs = find_duplicates(dataset, features=embed(dataset))
divided = ensure_split(dataset.development, given=False, duplicates=pairs)"""
FREE_TEST = """from helpers.audit import find_duplicates
from helpers.datasets import DecisionLog, apply_decisions
from helpers.splits import check_leakage, ensure_split
from helpers.training import embed

pairs = find_duplicates(dataset, features=embed(dataset))
leaks = check_leakage(dataset, pairs).query("kind != 'probable' and other_split == 'test'")
drops = leaks[["image_id"]].drop_duplicates().assign(action="drop", reason="shown by test images")
log = DecisionLog(dataset)  # reports and notebooks go by it; log.undo_all() takes it back
log.record_all(drops)
left = apply_decisions(dataset, log).development
divided = ensure_split(left, given=False, duplicates=pairs)"""
KEEP_TOGETHER = """from helpers.audit import find_duplicates
from helpers.splits import split
from helpers.training import embed

pairs = find_duplicates(dataset, features=embed(dataset))
sides = split(dataset, duplicates=pairs)"""
KEEP_ALL = """from helpers.audit import find_duplicates
from helpers.splits import apply_groups, ensure_split, suggest_groups
from helpers.training import embed

pairs = find_duplicates(dataset, features=embed(dataset))
proposals = suggest_groups(dataset.development)
grouped = apply_groups(dataset.development, proposals[proposals["expected"] >= 0.9])
divided = ensure_split(grouped, given=False, duplicates=pairs)"""
OPEN_ANEW = """from helpers.audit import find_duplicates
from helpers.splits import check_leakage, ensure_split
from helpers.training import embed

dataset = {}
pairs = find_duplicates(dataset, features=embed(dataset))
leaks = check_leakage(dataset, pairs)
divided = ensure_split(dataset.development, given=False, duplicates=pairs)"""
OPEN_DIVIDE = """from helpers.audit import find_duplicates
from helpers.splits import ensure_split
from helpers.training import embed

dataset = {}
pairs = find_duplicates(dataset, features=embed(dataset))
divided = ensure_split(dataset.development, duplicates=pairs)"""
