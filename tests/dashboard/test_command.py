import html
import json
import os
import re
import shlex
import sys

import pytest

from helpers import command_line as report
from helpers.dashboard import command, looking, serving
from helpers.dashboard import page as pages
from helpers.datasets import DatasetError


@pytest.fixture
def served(monkeypatch):
    """What the command would have served."""
    calls = []
    monkeypatch.setattr(serving, "serve", lambda *given, **named: calls.append((given, named)))
    return calls


def test_the_command_says_what_to_open_so_that_another_folder_finds_it(photos, served, monkeypatch):
    monkeypatch.chdir(photos.parent)
    assert command.main(["dashboard", "photos", "--port", "1234", "--no-browser"]) == 0
    (opening, port), named = served[0]
    assert opening == {"source": str(photos), "named": {}, "groups": None}
    assert port == 1234 and named == {"browser": False}


def test_a_name_stays_a_name_and_nothing_stays_the_bundled_dataset(monkeypatch):
    assert command._from_anywhere("digits") == "digits"
    assert command._from_anywhere(None) is None
    monkeypatch.setenv("WORKBOOK_DATASET", "photos")
    assert command._from_anywhere(None) == os.path.abspath("photos")


def test_a_table_and_columns_are_passed_on(photos, served):
    names = [f"red/{n:02}.png" for n in range(14)] + [f"blue/{n:02}.png" for n in range(1, 14)]
    rows = "".join(f"{name},{name[0]},{n // 2},{n % 3}\n" for n, name in enumerate(names))
    (photos / "table.csv").write_text("file,label,patient,site\n" + rows)
    asked = ["dashboard", str(photos), "--metadata", "table.csv", "--group", "patient"]
    assert command.main([*asked, "--groups", "site"]) == 0
    opening = served[0][0][0]
    assert opening == {
        "source": str(photos),
        "named": {"group": "patient", "metadata": str(photos / "table.csv")},
        "groups": ["site"],
    }
    page = pages.build_dashboard(**opening, background=False)
    assert page.study.dataset.group == "patient" and page.study.groups == ["site"]


def test_the_command_for_a_report_opens_the_same_images_the_same_way(photos, served, monkeypatch):
    odd = photos.rename(photos.parent / "it's $HOME; a & <b>b")
    rows = "".join(
        f"{p.parent.name}/{p.name},x {p.name[0]},{p.name[1]}\n" for p in odd.rglob("*.png")
    )
    (odd / "a table.csv").write_text("file,a kind,site\n" + rows)
    asked = [str(odd), "--metadata", "a table.csv", "--label", "a kind", "--groups", "site"]
    assert command.main(["dashboard", *asked]) == 0
    page = pages.build_dashboard(**served[0][0][0], background=False)
    page.go_to("Export")
    told = page.widgets["Export"].children[-1].value
    typed = shlex.split(html.unescape(re.search("<code>(.*)</code>", told)[1]))
    assert typed[:4] == [sys.executable, "-m", "helpers", "report"] and page.errors == {}
    reported = []
    monkeypatch.setattr(report, "_report", lambda asked: reported.append(asked) or 0)
    monkeypatch.chdir("/")
    assert command.main(typed[3:]) == 0
    source, named = report.read_asked(reported[0])
    assert source == str(odd)
    assert named == {"label": "a kind", "metadata": str(odd / "a table.csv")}
    assert reported[0].groups == ["site"]


def test_the_command_for_a_report_names_what_has_a_name(monkeypatch):
    monkeypatch.delenv("WORKBOOK_DATASET", raising=False)
    assert looking.report_command("digits").endswith(" -m helpers report digits")
    assert looking.report_command(None).endswith(" -m helpers report")
    monkeypatch.setenv("WORKBOOK_DATASET", "photos")
    assert looking.report_command(None).endswith(f" report {os.path.abspath('photos')}")


def test_what_cannot_be_opened_is_told_by_the_command_and_nothing_is_served(photos, served, capsys):
    assert command.main(["dashboard", "no/such/folder"]) == 2
    assert "no/such/folder" in capsys.readouterr().err
    assert command.main(["dashboard", str(photos), "--groups", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err
    assert served == []


def test_the_other_commands_are_still_there(photos, capsys):
    assert command.main(["scan", str(photos)]) == 1
    assert "blue/00.png" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command.main(["--help"])
    said = capsys.readouterr().out
    assert all(name in said for name in ("report", "scan", "dashboard"))


def test_the_page_opens_what_the_command_was_given_or_says_why_not(photos, monkeypatch):
    monkeypatch.setenv(pages.ASKED, json.dumps({"source": str(photos), "home": "/tmp"}))
    shown = pages.show_dashboard()
    shown.wait()
    assert repr(shown).startswith("Dashboard of photos: Browse")
    monkeypatch.setenv(pages.ASKED, json.dumps({"source": str(photos / "<b>gone")}))
    assert "&lt;b&gt;gone" in pages.show_dashboard().value
    monkeypatch.setenv(pages.ASKED, json.dumps({"unknown": 1}))
    assert "TypeError" in pages.show_dashboard().value


def test_a_page_that_answers_late_keeps_its_connection():
    app = serving._make_app(serving.free_port(), "secret")
    # By default the server asks every 30 s, and cuts off whoever has not answered in time.
    assert app.tornado_settings["ws_ping_interval"] == 0


def test_a_free_port_is_free_and_the_server_listens_on_this_computer_alone():
    import socket

    port = serving.free_port()
    app = serving._make_app(port, "secret")
    assert (app.ip, app.port, app.token) == ("127.0.0.1", port, "secret")
    assert app.voila_configuration.template == "workbook" and not app.open_browser
    assert app.voila_configuration.strip_sources and app.port_retries == 0
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(DatasetError, match=f"Port {port} cannot be used .* leave --port out"):
            serving.free_port(port)
    assert serving.free_port(port) == port
    with pytest.raises(DatasetError, match="Port 99999"):
        serving.free_port(99_999)
