"""What is written to people says what it must, and nothing that a name smuggles in."""

import pytest

from cxreports.portal.post import letters
from cxreports.portal.post.mail import Letter
from cxreports.portal.tables import Purpose, Role, User

ANA = User(email="ana@acme.example", name="<b>Ana</b> & Co", role=Role.OPERATOR)
URL = "https://reports.example.org/reset/a_b-c"


def test_a_link_leads_to_the_portal() -> None:
    assert letters.link("https://reports.example.org/", Purpose.RESET, "a_b-c") == URL
    assert (
        letters.link(letters.LOCAL_URL, Purpose.INVITATION, "a/b") == "http://localhost:8866/invitation/a%2Fb"
    )


@pytest.mark.parametrize(
    ("letter", "says"),
    [
        (letters.invitation(ANA, URL), URL),
        (letters.reset(ANA, URL), URL),
        (letters.email_code(ANA, "012345"), "012345"),
    ],
)
def test_a_letter_says_it_as_text_and_as_html(letter: Letter, says: str) -> None:
    assert letter.to == "ana@acme.example"
    assert f"\n\n{says}\n\n" in letter.text
    assert "<b>Ana</b> & Co" in letter.text
    assert says in letter.html
    assert "&lt;b&gt;Ana&lt;/b&gt; &amp; Co" in letter.html
    assert "<b>" not in letter.html


def test_a_link_can_be_followed_from_html() -> None:
    assert f'<a href="{URL}">{URL}</a>' in letters.reset(ANA, URL).html


def test_a_text_message_begins_with_the_code_and_is_one() -> None:
    text = letters.mobile_code("012345")
    assert text.startswith("012345 ")
    assert len(text) <= 160
