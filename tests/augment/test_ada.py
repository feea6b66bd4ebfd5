"""ADA's control: p follows the signs of real logits."""

import numpy as np
import pytest
from keras import ops

from gan_lab.errors import UsageError
from tests.augment.test_augment import array, built, pictures, seeded

SURE, UNSURE = ops.full((64, 1), 2.0), ops.full((64, 1), -2.0)


def p(augment):
    (value,) = augment.logs().values()
    return float(value)


def test_p_begins_at_zero_and_images_are_what_they_were():
    augment = built("ada")
    assert p(augment) == 0 and list(augment.logs()) == ["augment/p"]
    assert np.allclose(
        array(augment.apply(pictures(), seeded())), pictures(), atol=1e-5
    )


def test_p_rises_by_the_share_of_images_at_the_end_of_an_interval():
    augment = built("ada", interval=4, speed_kimg=500)
    for _ in range(3):
        augment.adapt(SURE)
    assert p(augment) == 0
    augment.adapt(SURE)
    assert p(augment) == pytest.approx(0.000512, rel=1e-6)
    for _ in range(4):
        augment.adapt(SURE)
    assert p(augment) == pytest.approx(0.001024, rel=1e-6)


def test_p_falls_where_the_discriminator_is_unsure_and_stays_in_its_range():
    augment = built("ada", interval=1, speed_kimg=0.1)
    augment.adapt(UNSURE)
    assert p(augment) == 0
    augment.adapt(SURE)
    assert p(augment) == pytest.approx(0.64)
    augment.adapt(SURE)
    assert p(augment) == 1
    augment.adapt(UNSURE)
    assert p(augment) == pytest.approx(0.36)


@pytest.mark.parametrize("positive, rises", [(52, True), (51, False)])
def test_the_mean_sign_of_a_whole_interval_is_compared_with_the_target(positive, rises):
    # (52 - 12) / 64 = 0.625 and (51 - 13) / 64 = 0.594.
    augment = built("ada", interval=2)
    for variable in augment.variables[:1]:
        variable.assign(0.5)
    logits = np.where(np.arange(64) < positive, 0.1, -9.0).astype("float32")
    for half in np.split(logits[:, None], 2):
        augment.adapt(ops.convert_to_tensor(half))
    assert (p(augment) > 0.5) == rises and p(augment) != 0.5


def test_its_state_is_all_that_it_goes_on_from():
    one, other = (built("ada", speed_kimg=1, interval=2) for _ in range(2))
    for logits in (SURE, SURE, UNSURE, SURE, SURE):
        one.adapt(logits)
    for there, here in zip(other.variables, one.variables, strict=True):
        there.assign(array(here.value))
    for logits in (SURE, SURE, SURE):
        one.adapt(logits)
        other.adapt(logits)
    states = [[array(v.value).item() for v in x.variables] for x in (one, other)]
    assert states[0] == states[1] and p(one) > 0


def test_images_change_once_p_has_risen():
    augment = built("ada", interval=1, speed_kimg=0.064)
    augment.adapt(SURE)
    changed = array(augment.apply(pictures(), seeded()))
    assert p(augment) == 1 and np.abs(changed - array(pictures())).max() > 0.5


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"target": 1.0}, r"`augment.target` must be in \(-1, 1\). Received: 1.0"),
        ({"speed_kimg": 0.0}, "`augment.speed_kimg` must be above 0. Received: 0.0"),
        ({"interval": 0}, "`augment.interval` must be at least 1. Received: 0"),
    ],
)
def test_a_control_that_could_not_work_is_refused(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        built("ada", **options)
