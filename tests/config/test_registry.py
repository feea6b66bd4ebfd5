"""The registry contract."""

import enum

import pytest

from gan_lab import registry
from gan_lab.errors import UsageError
from gan_lab.registry import build, entry, names, register


@pytest.fixture
def own_group(monkeypatch):
    names("model")  # opens its room, which happens once
    monkeypatch.setitem(registry._entries, "model", {})


def test_a_builder_is_an_option_under_its_own_name(own_group):
    @register("model")
    def tower(shape, /, *, height: int = 3):
        return shape, height

    assert names("model") == ["tower"]
    assert build("model", {"name": "tower", "height": 5}, "context") == ("context", 5)


def test_defaults_live_in_the_signature(own_group):
    @register("model")
    def tower(*, height: int = 3):
        return height

    assert build("model", {"name": "tower"}) == 3


@pytest.mark.parametrize(
    "annotation", [bool, int, float, str, enum.Enum, list[int], int | None]
)
def test_types_that_a_configuration_can_hold_are_taken(own_group, annotation):
    def part(*, option=None):
        return option

    part.__annotations__["option"] = annotation
    register("model")(part)
    assert entry("model", "part").fields["option"] == (annotation, None)


@pytest.mark.parametrize("annotation", [dict, object, int | str, tuple[int, int]])
def test_other_types_are_refused_when_the_part_is_imported(own_group, annotation):
    def part(*, option=None):
        return option

    part.__annotations__["option"] = annotation
    with pytest.raises(TypeError, match="parameter `option` of `part`"):
        register("model")(part)


def test_a_parameter_that_is_neither_given_nor_configured_is_refused(own_group):
    def part(option: int = 1):
        return option

    with pytest.raises(TypeError, match=r"positional-only .* or keyword-only"):
        register("model")(part)


def test_an_unknown_group_is_refused():
    with pytest.raises(ValueError, match="`models` is not a group"):
        register("models")


def test_a_name_taken_twice_names_both_modules(own_group):
    def part():
        return None

    register("model")(part)

    def other():
        return None

    other.__name__, other.__module__ = "part", "elsewhere"
    with pytest.raises(ValueError, match=r"test_registry and by elsewhere"):
        register("model")(other)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"Did you mean `hinge`\? Known: bce, hinge"):
        build("loss", {"name": "hing"}, None)


def test_an_unknown_key_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"`loss.target` .* Known: real_target"):
        build("loss", {"name": "bce", "target": 1.0}, None)


def test_a_required_option_is_described_where_it_is_missing():
    with pytest.raises(UsageError, match=r"`data.path` must be given .* the folder"):
        build("data", {"name": "folder"})
