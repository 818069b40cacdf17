"""Concepts in a text: by name, by pronoun, or not clear."""

import pytest

from graphs import Known
from graphs.mentions import Mentions, find_mentions, stranger_of
from tests.graphs.fakes import KAI, MAEVE

KNOWN = [MAEVE, KAI, Known("c3", "maeve junior")]


@pytest.mark.parametrize(
    ("text", "read", "ids"),
    [
        ("Draw Maeve", "Draw <maeve>", ["c1"]),
        ("MAEVE's toy and @kai", "<maeve>'s toy and <kai>", ["c1", "c2"]),
        ("<Kai> with maeve and kai", "<kai> with <maeve> and <kai>", ["c2", "c1"]),
        ("Maeve Junior sleeps", "<maeve junior> sleeps", ["c3"]),
        ("kaiser roll", "kaiser roll", []),
        ("draw a dog", "draw a dog", []),
    ],
)
def test_names_are_found(text: str, read: str, ids: list[str]) -> None:
    found = find_mentions(text, KNOWN)
    assert (found.text, [concept.id for concept in found.concepts]) == (read, ids)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("draw her on the beach", "draw <maeve> on the beach"),
        ("draw her toy", "draw <maeve>'s toy"),
        ("make her blue, please", "make <maeve> blue, please"),
        ("paint her blue ball", "paint <maeve>'s blue ball"),
        ("describe her smile", "describe <maeve>'s smile"),
        ("draw her orange", "draw <maeve>'s orange"),
        ("make her smile!", "make <maeve> smile!"),
        ("take her out of this", "take <maeve> out of this"),
        ("what does she like?", "what does <maeve> like?"),
        ("show me its bed", "show me <maeve>'s bed"),
        ("draw her sleeping", "draw <maeve> sleeping"),
    ],
)
def test_a_pronoun_means_the_last_turn_s_concept(text: str, read: str) -> None:
    found = find_mentions(text, KNOWN, [MAEVE])
    assert (found.text, found.concepts, found.how) == (read, (MAEVE,), "pronoun")


@pytest.mark.parametrize(
    "text",
    [
        "Draw a boy with his ball on the beach",
        "a girl in her garden",
        "a dog chasing its tail",
        "Draw my sister with her dog",
        "Draw Santa with his sleigh",
        "a mermaid in her cave",
        "a photo of two small dogs and their bed",
        "Draw a king and a queen in their castle",
        "What do cats eat when they are hungry?",
        "What does a dog do when it rains?",
    ],
)
def test_a_pronoun_of_somebody_in_the_sentence_is_left(text: str) -> None:
    assert find_mentions(text, KNOWN, [MAEVE]) == Mentions(text)


@pytest.mark.parametrize(
    "text",
    [
        "Draw a hat on her",
        "Draw Paris with her in it",
        "draw a castle in Spain with her toy",
        "put a bird on her shoulder",
        "Draw a photo of her with a ball",
        "Draw a girl next to her",
        "Which dogs do they know?",
        "Are there dogs where they live?",
        "What kind of dog is it?",
        "Draw stars around them",
        "What do dogs do when she is away?",
        "Why do cats purr? Does she?",
        "My sister wants to know what she eats",
        "What did my mum say about her toy?",
    ],
)
def test_a_pronoun_of_nobody_in_the_sentence_is_the_last_turn_s(text: str) -> None:
    assert find_mentions(text, KNOWN, [MAEVE]).concepts == (MAEVE,)


def test_beside_a_photo_it_is_what_that_shows() -> None:
    assert find_mentions("What is its name?", KNOWN, [MAEVE], photo=True).concepts == ()
    assert find_mentions("Is she in it?", KNOWN, [MAEVE], photo=True).text == "Is <maeve> in it?"
    assert find_mentions("Is it where she is?", KNOWN, [MAEVE], photo=True).concepts == (MAEVE,)


def test_a_request_does_not_begin_with_a_common_word_as_a_name() -> None:
    found = find_mentions("May I see Kai, and May?", [*KNOWN, Known("c4", "May")])
    assert found.text == "May I see <kai>, and <May>?"


@pytest.mark.parametrize(
    "text",
    [
        "draw kai with her toy",
        "draw kai and the sun on her",
        "kai is in her garden",
        "draw kai when it rains",
        "draw kai with them",
    ],
)
def test_a_name_wins_over_a_pronoun_that_may_mean_it(text: str) -> None:
    assert find_mentions(text, KNOWN, [MAEVE]).concepts == (KAI,)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("draw Kai with her", "draw <kai> with <maeve>"),
        ("she is Kai's sister", "<maeve> is <kai>'s sister"),
        ("Kai is her owner", "<kai> is <maeve>'s owner"),
        ("replace her with Kai", "replace <maeve> with <kai>"),
        ("Does she like Kai?", "Does <maeve> like <kai>?"),
        ("draw her toy beside Kai", "draw <maeve>'s toy beside <kai>"),
    ],
)
def test_a_pronoun_that_cannot_mean_a_name_is_the_last_turn_s(text: str, read: str) -> None:
    found = find_mentions(text, KNOWN, [MAEVE])
    assert (found.text, set(found.concepts), found.how) == (read, {MAEVE, KAI}, "named")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("make her wear a hat", "make <maeve> wear a hat"),
        ("paint her dark blue", "paint <maeve> dark blue"),
        ("make her red instead", "make <maeve> red instead"),
        ("I want her gone", "I want <maeve> gone"),
        ("move her left", "move <maeve> left"),
        ("move her left ear", "move <maeve>'s left ear"),
        ("remove her completely", "remove <maeve> completely"),
        ("draw her asleep", "draw <maeve> asleep"),
        ("make her red ball bigger", "make <maeve>'s red ball bigger"),
        ("draw her family", "draw <maeve>'s family"),
        ("she's five", "<maeve> is five"),
        ("she’s got a toy", "<maeve> has got a toy"),
        ("they'll sleep", "<maeve> will sleep"),
    ],
)
def test_her_owns_only_what_can_be_owned(text: str, read: str) -> None:
    assert find_mentions(text, KNOWN, [MAEVE]).text == read


def test_my_dog_is_the_only_dog_there_is() -> None:
    assert find_mentions("draw my dog", KNOWN).text == "draw <maeve>"
    assert find_mentions("draw my dog", [*KNOWN, Known("c4", "rex", "dog")]).concepts == ()
    assert find_mentions("draw my dog Bella", KNOWN).concepts == ()


@pytest.mark.parametrize(
    "text",
    ["draw a bench in the dog park", "the dog bed", "my dog-shaped cup", "remove the dog by her"],
)
def test_another_thing_with_the_word_in_it_is_not_the_dog(text: str) -> None:
    assert "<maeve>" not in find_mentions(text, KNOWN, [MAEVE]).text.replace("by <maeve>", "")


@pytest.mark.parametrize(
    "text", ["the king with his crown next to Kai", "Draw Elsa holding her cape beside Kai"]
)
def test_beside_a_name_somebody_else_in_the_sentence_owns(text: str) -> None:
    assert find_mentions(text, KNOWN, [MAEVE]).concepts == (KAI,)


def test_the_dog_is_the_one_that_was_spoken_of() -> None:
    assert find_mentions("draw the dog", KNOWN).concepts == ()
    assert find_mentions("draw the dog", KNOWN, [MAEVE, KAI]).text == "draw <maeve>"
    assert find_mentions("is the dog in it?", KNOWN, [MAEVE], photo=True).concepts == ()


def test_them_means_all_of_the_last_turn() -> None:
    found = find_mentions("draw them at night", KNOWN, [MAEVE, KAI])
    assert found.text == "draw <maeve> and <kai> at night"


def test_one_pronoun_for_two_is_not_clear() -> None:
    assert find_mentions("draw him", KNOWN, [MAEVE, KAI]).unclear == (MAEVE, KAI)


def test_a_pronoun_means_nobody_it_cannot_mean() -> None:
    lina = Known("c9", "lina", "girl")
    assert find_mentions("draw her", KNOWN, [lina, KAI]).concepts == (lina,)
    assert find_mentions("what is his toy?", KNOWN, [lina, KAI]).text == "what is <kai>'s toy?"
    assert find_mentions("draw her", KNOWN, [KAI]).unclear == (KAI,)


def test_both_are_the_two_of_the_last_turn() -> None:
    found = find_mentions("Draw both on the beach", KNOWN, [MAEVE, KAI])
    assert found.text == "Draw <maeve> and <kai> on the beach"
    assert find_mentions("draw both dogs", KNOWN, [MAEVE, KAI]).concepts == ()


def test_a_name_in_brackets_that_nobody_has_is_told() -> None:
    assert find_mentions("draw <rex> and @bo with kai", KNOWN).unknown == ("rex", "bo")


def test_a_name_typed_in_two_parts_is_the_same() -> None:
    assert find_mentions("draw Rene\u0301", [Known("c4", "ren\u00e9")]).text == "draw <ren\u00e9>"


@pytest.mark.parametrize(
    ("name", "text"), [("Strauß", "draw Strauß"), ("İpek", "draw İpek"), ("小花", "小花在哪里?")]
)
def test_a_name_is_found_in_any_script(name: str, text: str) -> None:
    assert find_mentions(text, [Known("c4", name)]).concepts == (Known("c4", name),)


def test_letters_that_only_look_alike_are_left() -> None:
    assert find_mentions("kaİ", [KAI]).concepts == ()


def test_a_mail_address_is_no_mention() -> None:
    assert find_mentions("write to a@b.org", KNOWN).unknown == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is Biscuit's toy?", "Biscuit"),
        ("what was Élise’s favourite food", "Élise"),
        ("What is Newton's second law?", ""),
        ("Where is London's best food?", ""),
        ("What's favourite here? It's a toy.", ""),
        ("What is my Dog's toy?", ""),
        ("Which is the Queen's favourite hat?", ""),
    ],
)
def test_a_stranger_is_known_by_what_only_friends_could_tell(text: str, name: str) -> None:
    assert stranger_of(text) == name
