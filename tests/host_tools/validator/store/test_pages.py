"""Lists and searches: every page in order, none twice and none left out; and the numbers that are
kept beside them."""

from collections import Counter
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event, func, select

from host_tools.errors import KodebrikError
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.errors import InvalidError
from host_tools.validator.records import NewToken, Status
from host_tools.validator.service import Validator
from host_tools.validator.store import search, tables
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER
from tests.support.validator.tokens import EnrolledToken, activated, pages

NAMES = [f"user{number:02}" for number in range(11)]


@pytest.fixture
def listed(validator: Validator, clock: VirtualClock) -> Validator:
    """Give a validator with 11 users and their tokens, of which four are blocked."""
    activated(validator, clock, *NAMES)
    for name in NAMES[::3]:
        validator.block(f"{name}-1", actor="test")
    return validator


@pytest.fixture(params=["looked up", "read in order", "few are read"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Search in one way: by the index of trigrams; past it, as for a text whose trigrams very many
    rows have; or as among few tokens."""
    if request.param != "few are read":
        monkeypatch.setattr(search, "_FEW", -1)
    if request.param == "read in order":
        monkeypatch.setattr(search, "_COMMON", 0)
    return str(request.param)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 11, 12])
def test_pages_forth_and_back_give_everything_once(listed: Validator, limit: int):
    wanted = [f"{name}-1" for name in NAMES]
    whole = {
        "tokens": (listed.tokens, lambda token: token.serial, wanted),
        "blocked": (
            partial(listed.tokens, status=Status.BLOCKED),
            lambda token: token.serial,
            wanted[::3],
        ),
        "found": (partial(listed.tokens, text="SER0"), lambda token: token.serial, wanted[:10]),
        "users": (listed.users, lambda user: user.user_id, NAMES),
        "found users": (partial(listed.users, text="er0"), lambda user: user.user_id, NAMES[:10]),
        "audit": (
            partial(listed.audit, serial="user00-1"),
            lambda entry: entry.sequence,
            [4, 3, 2, 1],
        ),
    }
    for name, (ask, key, expected) in whole.items():
        forth = list(pages(partial(ask, limit=limit)))
        assert [key(item) for page in forth for item in page.items] == expected, name
        assert [page.previous is None for page in forth] == [True] + [False] * (len(forth) - 1)
        back = [forth[-1]]
        while back[-1].previous is not None:
            back.append(ask(cursor=back[-1].previous, limit=limit))
        assert [page.items for page in back[::-1]] == [page.items for page in forth], name
        assert [page.next is None for page in back] == [True] + [False] * (len(forth) - 1)


def test_what_comes_in_while_one_turns_pages_moves_nothing(listed: Validator):
    first = listed.tokens(limit=4)
    new = NewToken("aaa", Credential("x", Secret(bytes(20))))
    listed.import_tokens([new], actor="test")
    second = listed.tokens(limit=4, cursor=first.next)
    assert [one.serial for one in second.items] == [f"user{number:02}-1" for number in range(4, 8)]
    assert listed.tokens(limit=4, cursor=second.previous).items == first.items


def test_totals_are_given_where_they_are_kept(listed: Validator):
    assert listed.tokens(limit=2).total == 11
    assert listed.tokens(limit=2, status=Status.BLOCKED).total == 4
    assert listed.tokens(limit=2, user_id="USER03").total == 1
    assert listed.users(limit=2).total == 11
    assert listed.audit(limit=2, serial="user00-1").total == 4
    everything = sum(len(page.items) for page in pages(partial(listed.audit, limit=50)))
    assert listed.audit(limit=2).total == everything
    assert listed.tokens(limit=2, text="user").total is None, "a search is not counted"
    assert listed.tokens(limit=11, text="user").total == 11, "it is on one page"


@pytest.mark.parametrize("cursor", ["x", ">", "<", "42", ">\0", ">" + "9" * 40, ">-1", "<x"])
def test_a_cursor_of_no_page_is_refused(listed: Validator, cursor: str):
    with pytest.raises(InvalidError):
        listed.audit(cursor=cursor)


@pytest.mark.usefixtures("way")
def test_a_text_is_found_anywhere_in_any_case_and_is_no_pattern(
    validator: Validator, clock: VirtualClock
):
    activated(validator, clock, "anna.holm", 'x"y%z', "Søren.Ærø", "ole_x", "bob-o'")
    validator.import_tokens([EnrolledToken("Q7", "", clock).new()], actor="test")

    def found(text: str) -> list[str | None]:
        users = [user.user_id for user in validator.users(text=text).items]
        tokens = [token.user_id for token in validator.tokens(text=text).items]
        assert users == tokens, text
        return users

    assert found("HOLM") == ["anna.holm"]
    assert found('"Y%') == ['x"y%z']
    assert found("%") == found("%%%") == found("___") == found("a*h") == []
    assert found("ÆRØ") == found("søren") == ["Søren.Ærø"]
    assert found("b-o'") == ["bob-o'"]
    assert found("AND") == found("OR") == found("user_id : holm") == []
    assert found("olm") == ["anna.holm"]
    assert found("a.holm") == found("NNA.HOL") == found("anna.holm") == ["anna.holm"]
    assert found("øren.Æ") == ["Søren.Ærø"]
    assert found("anna.holm.") == found("holm.anna") == found("a.%holm") == []
    assert found("lm") == [], "two characters are no trigram"
    assert [token.serial for token in validator.tokens(text="Q7").items] == ["Q7"]
    assert [
        token.serial for token in validator.tokens(text="holm", status=Status.STOCK).items
    ] == []


def test_a_search_follows_assignments(validator: Validator, clock: VirtualClock):
    activated(validator, clock, "anders")
    validator.unassign("anders-1", actor="test")
    validator.create_user("bente", actor="test")
    assert validator.tokens(text="bente").items == ()
    validator.assign("anders-1", "bente", actor="test")
    assert [token.serial for token in validator.tokens(text="bente").items] == ["anders-1"]
    validator.delete_user("bente", actor="test")
    assert validator.tokens(text="bente").items == ()
    assert validator.users(text="bente").items == ()


_ACTS = ("import", "assign", "activate", "block", "unblock", "unassign", "delete", "user", "rotate")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=st.lists(st.tuples(st.sampled_from(_ACTS), st.integers(0, 3), st.integers(0, 2))))
def test_the_kept_numbers_are_those_that_are_counted(
    validator: Validator, database: str, acts: list[tuple[str, int, int]]
):
    for act, token, user in acts:
        serial, user_id = f"serial-{token}", f"user-{user}"
        try:
            if act == "import":
                new = NewToken(serial, Credential("x", Secret(bytes(20))))
                validator.import_tokens([new], actor="test")
            elif act == "assign":
                validator.assign(serial, user_id, actor="test")
            elif act == "activate":
                validator.activate_by_administrator(serial, actor="test")
            elif act in ("block", "unblock", "unassign", "delete"):
                getattr(validator, act)(serial, actor="test")
            elif act == "user":
                validator.delete_user(user_id, actor="test")
            else:
                validator.rotate_key(actor="test")
        except KodebrikError:
            pass  # it does not apply to that state
    figures = validator.statistics()
    assert (figures.tokens, figures.users) == _counted(database)
    assert validator.verify_audit().broken == ()


def test_two_workers_keep_the_same_numbers(validator: Validator, database: str):
    with Validator(database, MASTER) as other:
        for number in range(6):
            worker = (validator, other)[number % 2]
            worker.create_user(f"user-{number}", actor="test")
    assert validator.statistics().users == 6
    assert validator.verify_audit().broken == ()


def _counted(database: str) -> tuple[dict[str, int], int]:
    engine = create_engine(database)
    with engine.begin() as connection:
        statuses = Counter(connection.execute(select(tables.tokens.c.status)).scalars())
        users = connection.execute(select(func.count()).select_from(tables.users)).scalar_one()
    engine.dispose()
    return {status.value: statuses[status.value] for status in Status}, users


IN_ORDER = ("audit", "token_search_content", "user_search_content")  # until the page is full


def test_no_page_of_a_list_reads_a_whole_table_of_sqlite(
    listed: Validator, database: str, monkeypatch: pytest.MonkeyPatch
):
    """By SQLite's own plans: nothing is scanned but in the order of an index that the page is cut
    off by, and nothing is sorted but the page."""
    if not database.startswith("sqlite"):
        pytest.skip("the plans of PostgreSQL depend on the size; make bench measures them")
    monkeypatch.setattr(search, "_FEW", -1)
    asked: list[tuple[str, object]] = []
    engine = listed._database.engine

    @event.listens_for(engine, "before_cursor_execute")
    def _note(connection, cursor, statement, parameters, context, many):
        asked.append((statement, parameters))

    cursor = listed.tokens(limit=2).next
    listed.tokens(limit=2, cursor=cursor)
    listed.tokens(limit=2, status=Status.ACTIVE)
    listed.tokens(limit=2, user_id="user03")
    listed.tokens(limit=2, text="user")
    listed.users(limit=2, cursor=">user03")
    listed.users(limit=2, text="user")
    with monkeypatch.context() as patch:
        patch.setattr(search, "_COMMON", 0)
        listed.tokens(limit=2, text="user")
        listed.users(limit=2, text="user")
    listed.audit(limit=2, cursor=f"<{2**62}")
    listed.audit(limit=2, serial="user00-1")
    listed.statistics()
    event.remove(engine, "before_cursor_execute", _note)
    plans = []
    with engine.connect() as connection:
        for statement, parameters in asked:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
                plans += [(row.detail, statement) for row in plan]
    bad = [
        plan
        for plan in plans
        if plan[0].startswith("SCAN")
        and "USING INDEX" not in plan[0]
        and "VIRTUAL TABLE" not in plan[0]
        and plan[0].split()[1] not in {*IN_ORDER, "counts", "audit_root", "notices"}
    ]
    assert bad == []
    sorts = [plan for plan in plans if "USE TEMP B-TREE" in plan[0]]
    assert [plan for plan in sorts if "owner_id = (" not in plan[1]] == [], "a user has few tokens"
