"""Drives the wallet core from Python, from enrolment to wiping, against the real service.

    whole_way.py PATH_OF_THROW_AWAY_CITY
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import szid
from city import City
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from software_mocks import SoftwareMockDeviceKeys, SoftwareMockKeyAttester, SoftwareMockSealingKey

HOTEL = 1
PIN = "702958"
PNG_START = b"\x89PNG\r\n\x1a\n"


def check(what, holds):
    if not holds:
        raise SystemExit(f"bindings: failed: {what}")
    print(f"ok  {what}")


def refusal(case, call):
    """What the holder is told where a call ends with just this case."""
    try:
        call()
    except case as refused:
        return refused.advice
    raise SystemExit(f"bindings: failed: the call should have ended with {case.__qualname__}")


async def refusal_of(case, flow):
    try:
        await flow
    except case as refused:
        return refused.advice
    raise SystemExit(f"bindings: failed: the flow should have ended with {case.__qualname__}")


def bilingual(advice):
    return not advice.zh.isascii() and advice.en.isascii() and bool(advice.en)


def check_drawing(code):
    bits = code.bits
    check("digits and both pictures come",
          code.digits.isdigit() and "<svg" in bits.svg() and bits.png()[:8] == PNG_START)
    rows = [bits.bits[at:at + (bits.side + 7) // 8] for at in range(0, len(bits.bits), (bits.side + 7) // 8)]
    check("the modules are a square with a finder pattern", len(rows) == bits.side and rows[0][0] >> 1 == 0b1111111)
    check("it says how long it is good", code.redraw_in < code.seconds_left <= 60)
    labels = code.display
    check("a screen reader has its text in both languages",
          not labels.accessibility_label_zh.isascii() and labels.accessibility_label_en.isascii())


def check_scans(city, code):
    check("the venue accepts the code", city.scan(code.digits, "desk-1")["decision"] == "accept")
    again = city.scan(code.digits, "desk-2")
    check("another desk is refused the same code", (again["decision"], again["reason"]) == ("refuse", "REPLAY"))


def check_ports_that_fail(wallet, keys):
    for failure, case in [
        (szid.KeyPortError.NotAllowed(), szid.PresentError.KeyNotAllowed),
        (szid.KeyPortError.Unavailable(), szid.PresentError.KeyUnavailable),
        (RuntimeError("not the port's own error"), szid.PresentError.KeyUnavailable),
        (szid.KeyPortError.Lost(), szid.PresentError.KeyInvalidated),
        (None, szid.PresentError.NoPass),
    ]:
        keys.fail_with = failure
        advice = refusal(case, lambda: draw(wallet))
        check(f"a port that raises {type(failure).__name__} ends in {case.__name__}", bilingual(advice))
    check("a lost key's pass is replaced", wallet.status().refresh_due)


def check_opening(config, keys):
    bad = szid.WalletConfig(folder=config.folder + "-bad", root_keys=[b"no key"])
    advice = refusal(szid.OpenError.Configuration, lambda: szid.Wallet.open(bad, keys, SoftwareMockSealingKey()))
    check("a root key that is none is refused", bilingual(advice))

    class Unwilling(SoftwareMockSealingKey):
        def wrap(self, plain):
            raise RuntimeError("no key store")

    opening = refusal(szid.OpenError.KeyUnavailable, lambda: szid.Wallet.open(bad_folder(config), keys, Unwilling()))
    check("a sealing key that raises is a typed error", bilingual(opening))


def draw(wallet):
    """A code for which nobody was asked for anything."""
    return wallet.code(wallet.app_opened())


def bad_folder(config):
    return szid.WalletConfig(folder=config.folder + "-unwilling", root_keys=config.root_keys)


async def while_the_loop_goes_on(flow):
    """Awaits a flow, and counts what else the event loop did meanwhile."""
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    try:
        return await flow, ticks
    finally:
        ticking.cancel()


async def give_up_at_once(flow):
    task = asyncio.create_task(flow)
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def whole_way(city, folder):
    keys, sealing = SoftwareMockDeviceKeys(), SoftwareMockSealingKey()
    config = szid.WalletConfig(folder=str(folder / "wallet"), root_keys=[city.root_key], days_ahead=6,
        demo_mode=True, device_name="小明的手机")
    check_opening(config, keys)
    wallet = szid.Wallet.open(config, keys, sealing)

    check("an empty wallet says so", not wallet.status().enrolled)
    check("and has no code", bilingual(refusal(szid.PresentError.NotEnrolled, lambda: draw(wallet))))
    check("and nothing to refresh", bilingual(await refusal_of(szid.SyncError.NotEnrolled, wallet.refresh())))
    advice = await refusal_of(szid.EnrolError, wallet.enrol("https://example.invalid/nothing", "000000"))
    check("an offer from nowhere is refused", advice.code.startswith("WALLET_") and bilingual(advice))

    offer = city.offer()
    wrong = "000000" if offer["tx_code"] != "000000" else "111111"
    advice = await refusal_of(szid.EnrolError.CodeWrong, wallet.enrol(offer["credential_offer"], wrong))
    check("a wrong transaction code is refused in both languages",
          advice.code == "WALLET_REFUSED" and "invalid_grant" in advice.detail and bilingual(advice))

    # A wrong transaction code may cost the offer: the counter makes another one.
    offer = city.offer()
    came, ticks = await while_the_loop_goes_on(wallet.enrol(offer["credential_offer"], offer["tx_code"]))
    check("enrolment brings a pass for each day", came == 7)
    check("the device has the name that the shell gave it", city.devices(offer["person"]) == ["小明的手机"])
    check("the event loop went on meanwhile", ticks > 1)
    check("keys are asked for that need no finger", set(keys.policies.values()) == {szid.KeyPolicy.DEVICE_UNLOCKED})

    status = wallet.status()
    check("the status tells so", status.enrolled and status.passes_left == 7 == len(status.days))
    check("time is the service's", status.time_basis == szid.TimeBasis.SIGNED and abs(status.clock_offset) < 5)
    check("and settled", not status.time_in_doubt and not draw(wallet).time_in_doubt)

    code = draw(wallet)
    check_drawing(code)
    check_scans(city, code)
    keys.give_der = True
    # The time in a code is in whole seconds; a second code of the same second would be the same one to the service.
    await asyncio.sleep(1.1)
    check("a signature in DER is as good", city.scan(draw(wallet).digits, "desk-1")["decision"] == "accept")
    check_ports_that_fail(wallet, keys)

    check("one refresh brings passes for new keys", await wallet.refresh() > 0)
    await asyncio.sleep(1.1)
    check("and codes", city.scan(draw(wallet).digits, "desk-1")["decision"] == "accept")
    known = wallet.status().last_known
    check("what the service said is known without it",
          known.standing == szid.AccountStanding.ACTIVE and known.at <= wallet.status().now)
    check("a flow can be given up", await give_up_at_once(wallet.refresh()))
    check("and repeated; a full strip brings nothing", await wallet.refresh() == 0)
    outcomes = await asyncio.gather(*(wallet.refresh() for _ in range(8)))
    check("many at once stand in a queue", outcomes == [0] * 8)

    wallet.wipe()
    check("wiping destroys the device keys and the sealing key", not keys.keys and sealing.cipher is None)
    check("a wiped wallet is closed", bilingual(refusal(szid.PresentError.Closed, lambda: draw(wallet))))
    check("wiping again is fine", wallet.wipe() is None)

    fresh = szid.Wallet.open(config, keys, SoftwareMockSealingKey())
    check("a new wallet opens in its place, empty", not fresh.status().enrolled)


async def unlocked(city, wallet):
    """A PIN is set; what a code says is what was unlocked, and no call of the shell's."""
    weak = refusal(szid.UnlockSetupError.PinWeak, lambda: wallet.set_pin("123456", wallet.app_opened()))
    check("a weak PIN is refused", weak.code == "UNLOCK_PIN_WEAK" and bilingual(weak))
    wallet.set_pin(PIN, wallet.app_opened())
    try:
        wallet.unlock_with_pin("493536")
    except szid.UnlockError.PinWrong as wrong:
        check("a wrong PIN says what is left", (wrong.tries_left, wrong.wait_seconds) == (9, 0) and bilingual(wrong.advice))
    else:
        raise SystemExit("bindings: failed: a wrong PIN unlocked")

    await asyncio.sleep(1.1)
    verdict = city.scan_in_hall(draw(wallet).digits, HOTEL)
    check("an open app is not enough for a hotel", verdict["reason"] == "LEVEL_TOO_LOW")
    unlocking = wallet.unlock_with_pin(PIN)
    check("a PIN gives tier 2", unlocking.method() == szid.UnlockMethod.PIN and unlocking.tier() == 2)
    await asyncio.sleep(1.1)
    verdict = city.scan_in_hall(wallet.code(unlocking).digits, HOTEL)
    check("a code after it is", verdict["reason"] == "OK")
    wallet.lock()
    check("a wallet that is locked draws no code for it",
          bilingual(refusal(szid.PresentError.Locked, lambda: wallet.code(unlocking))))


async def attested(city, folder):
    """A backend that is not ours attests the keys of a strip: one proof is enough for all."""
    keys, attester = SoftwareMockDeviceKeys(), SoftwareMockKeyAttester(city.attester_key)
    config = szid.WalletConfig(folder=str(folder / "attested"), root_keys=[city.root_key], days_ahead=6,
        demo_mode=True)
    wallet = szid.Wallet.open(config, keys, SoftwareMockSealingKey(), attester)
    offer = city.offer()
    check("attested keys bring a pass for each day", await wallet.enrol(offer["credential_offer"], offer["tx_code"]) == 7)
    check("they were attested together, and one of them signed", len(attester.asked) == 1 and keys.signatures == 1)
    check("each key is named by its handle", set(attester.asked[0]) == set(keys.keys))
    check("the venue accepts the code", city.scan(draw(wallet).digits, "desk-1")["decision"] == "accept")
    await unlocked(city, wallet)
    city.ask_for_an_enrolment("replaces")
    once = (await wallet.events())[0]
    city.ask_for_an_enrolment("adds")
    twice = (await wallet.events())[0]
    check("what a counter asks for again is one event that counts",
          (once.event, once.times, twice.event, twice.times) == ("enrolment_asked", None, "enrolment_asked", 2))

    foreign = ec.generate_private_key(ec.SECP256R1())
    pem = foreign.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    config = szid.WalletConfig(folder=str(folder / "foreign"), root_keys=[city.root_key], days_ahead=6,
        demo_mode=True)
    wallet = szid.Wallet.open(config, SoftwareMockDeviceKeys(), SoftwareMockSealingKey(), SoftwareMockKeyAttester(pem))
    offer = city.offer()
    advice = await refusal_of(szid.EnrolError.Refused, wallet.enrol(offer["credential_offer"], offer["tx_code"]))
    check("an attester that the city does not know is refused", "invalid_proof" in advice.detail and bilingual(advice))


def main():
    with City(sys.argv[1]) as city, tempfile.TemporaryDirectory() as folder:
        asyncio.run(whole_way(city, Path(folder)))
        asyncio.run(attested(city, Path(folder)))


if __name__ == "__main__":
    main()
