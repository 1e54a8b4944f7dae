"""FarmHash against what TensorFlow 1.15's string_to_hash_bucket_fast gives for 2**62 buckets."""

from __future__ import annotations

import pytest

from recell.ops.fingerprint import fingerprint64


def letters(count):
    return "".join(chr(97 + (k * 7 + count) % 26) for k in range(count)).encode()


@pytest.mark.parametrize(
    ("length", "bucket"),
    [
        (0, 1936946117179621455),
        (1, 2572224033622389014),
        (3, 4005143679207164395),
        (4, 617514146912340682),
        (7, 2326968938742419854),
        (8, 3108481165009398553),
        (12, 1497038168736754912),
        (16, 3820547438670371201),
        (17, 2489787730139383239),
        (24, 2108740184782792960),
        (32, 127699506250089056),
        (33, 4191899277645623090),
        (47, 461249991387373475),
        (64, 2544848233693181161),
        (65, 3567797833843830433),
        (128, 3196324504972257391),
        (129, 2174161576895394258),
        (300, 39650971784222204),
    ],
)
def test_same_as_tensorflow(length, bucket):
    assert fingerprint64(letters(length)) % 2**62 == bucket
