package ishenzhen.app

import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import ishenzhen.app.model.Asked
import ishenzhen.app.model.HomeState
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** What the holder learns of the account afterwards, and says about it. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class AccountTest {
    @get:Rule val rule = createAndroidComposeRule<MainActivity>()

    private val screen by lazy { Screen(rule) }
    private val app get() = rule.activity.application as TrialApp

    @Test fun `a use is found by what came of it, and has a receipt that the city signed`() {
        screen.enrol("440399198803150181" to "林收据")
        val digits = read(screen.look())
        assertEquals("accept", TrialCity.scan(digits).getString("decision"))
        assertEquals("refuse", TrialCity.scan(digits, "desk-2").getString("decision"))
        screen.touch(R.string.tab_uses)
        screen.see(R.string.was_not_accepted)
        screen.see(R.string.was_accepted)
        screen.touch(R.string.uses_refused)
        rule.waitUntil("only what was refused", 10_000) { !screen.isThere(screen.words(R.string.was_accepted)) }
        screen.keep("uses-refused")
        screen.inspect()
        screen.touch(R.string.uses_notices)
        screen.see(R.string.uses_none_such)
        screen.touch(R.string.uses_all)
        screen.touch(screen.words(R.string.was_accepted))
        screen.touch(R.string.receipt_fetch)
        screen.see(R.string.receipt_number)
        screen.keep("receipt")
        screen.inspect()
        screen.touch(R.string.report_use)
        screen.touch(R.string.report_now)
        screen.see(R.string.use_reported)
        screen.keep("use-reported")
        screen.inspect()
        screen.back()
        screen.see(R.string.uses_title)
    }

    @Test fun `what happened to the account stands in a list, and is new until it was looked at`() {
        screen.enrol("44039919880315019X" to "林变动", pin = true)
        screen.touch(R.string.tab_me)
        screen.touch(R.string.phones_title)
        screen.touch(R.string.lost_report)
        screen.touch(R.string.lost_now)
        screen.see(R.string.frozen_now)
        screen.back()
        screen.touch(R.string.tab_uses)
        screen.touch(screen.words(R.string.events_title))
        screen.see(R.string.by_holder)
        screen.see(R.string.by_registrar)
        screen.keep("events")
        screen.inspect()
        screen.back()
        screen.see(R.string.uses_title)
    }

    @Test fun `a counter that asks for a phone in the holder's name is seen, approved by PIN, and refused`() {
        val person = "440399198803150202" to "林新机"
        screen.enrol(person, pin = true)
        TrialCity.askForAnotherPhone(person.first, person.second)
        comeInSightAgain()
        screen.touch(R.string.new_phones_look)
        screen.see(R.string.new_phones_adds)
        screen.keep("new-phone")
        screen.inspect()
        screen.touch(R.string.approve)
        screen.type(R.string.pin, PIN)
        screen.touch(R.string.approve)
        screen.see(R.string.new_phones_approved)
        screen.touch(R.string.take_back)
        screen.see(R.string.new_phones_none)
        val again = TrialCity.askForAnotherPhone(person.first, person.second)
        comeInSightAgain()
        screen.touch(R.string.approve)
        screen.type(R.string.pin, "111111")
        screen.touch(R.string.approve)
        screen.see("PIN_WRONG")
        screen.type(R.string.pin, PIN)
        screen.touch(R.string.approve)
        screen.see(R.string.new_phones_approved)
        assertTrue(TrialCity.confirmAlone(again).has("credential_offer"))
    }

    @Test fun `a PIN that is forgotten is set anew by the screen lock, and by nothing less`() {
        screen.enrol("440399198803150210" to "林忘记", pin = true)
        screen.touch(R.string.tab_me)
        screen.touch(R.string.pin_title)
        screen.touch(R.string.pin_forgotten)
        screen.see(R.string.pin_by_screen_lock)
        screen.keep("pin-forgotten")
        screen.inspect()
        app.screenLock.opens = false
        screen.type(R.string.pin_new, "384615")
        screen.type(R.string.pin_again, "384615")
        screen.touch(R.string.pin_set)
        screen.see("UNLOCK_NOT_ALLOWED")
        app.screenLock.opens = true
        screen.touch(R.string.pin_set)
        screen.see(R.string.pin_done)
        screen.touch(R.string.close)
        screen.touch(R.string.tab_code)
        screen.touch(R.string.unlock)
        screen.type(R.string.pin, "384615")
        screen.touch(R.string.unlock)
        screen.see(R.string.unlocked)
    }

    @Test fun `where the keys are is said, and reminding is the holder's to allow`() {
        screen.enrol("440399198803150229" to "林密钥")
        screen.touch(R.string.tab_me)
        screen.touch(R.string.keys_title)
        screen.see(R.string.keys_unknown)
        screen.keep("keys")
        screen.inspect()
        screen.back()
        screen.touch(R.string.reminder_title)
        screen.see(R.string.reminder_explained)
        screen.keep("reminder")
        screen.inspect()
    }

    @Test fun `what the holder did not expect is refused and reported`() {
        screen.enrol("440399198803150253" to "林举报")
        val digits = read(screen.look())
        val verdict = CompletableFuture.supplyAsync { TrialCity.scanInHall(digits, TrialCity.HOSPITAL) }
        screen.see(R.string.asked_title)
        screen.touch(R.string.refuse_and_report)
        screen.see(R.string.reported)
        screen.keep("reported")
        screen.inspect()
        assertEquals("CONSENT_DENIED", verdict.get(20, TimeUnit.SECONDS).getString("reason"))
        screen.touch(R.string.close)
        screen.touch(R.string.tab_uses)
        screen.touch(screen.words(R.string.you_refused))
        screen.see(R.string.use_reported)
    }

    @Test fun `a question is answered once, not at a touch that was meant for something else, and never after its time`() {
        screen.enrol("440399198803150309" to "林两次")
        val digits = read(screen.look())
        val verdict = CompletableFuture.supplyAsync { TrialCity.scanInHall(digits, TrialCity.HOSPITAL) }
        val model = (app.home.state.value as HomeState.Enrolled).opened.asked
        rule.waitUntil("the question", 20_000) { model.state.value != null }
        model.refuse()
        // A second touch, before the first was answered.
        model.approve()
        model.refuseAndReport()
        screen.see(R.string.refused)
        assertEquals("CONSENT_DENIED", verdict.get(20, TimeUnit.SECONDS).getString("reason"))
        model.approve()
        assertEquals(Asked.Step.REFUSED, model.state.value?.step)
    }

    @Test fun `masked name and level stand beside the code where the holder wants it, and are not in it`() {
        screen.enrol("440399198803150261" to "林显示")
        assertFalse(screen.isThere("林**"))
        screen.touch(R.string.tab_me)
        screen.touch(R.string.name_title)
        screen.touch(R.string.turn_on)
        screen.see(R.string.turn_off)
        screen.keep("name")
        screen.inspect()
        screen.back()
        screen.touch(R.string.tab_code)
        screen.see("林**")
        screen.waitForCode()
        screen.keep("code-named")
        screen.inspect()
        screen.touch(R.string.tab_me)
        screen.touch(R.string.name_title)
        screen.touch(R.string.turn_off)
        screen.see(R.string.turn_on)
        screen.back()
        screen.touch(R.string.tab_code)
        screen.waitForCode()
        assertFalse(screen.isThere("林**"))
    }

    private fun comeInSightAgain() {
        rule.activityRule.scenario.moveToState(androidx.lifecycle.Lifecycle.State.CREATED)
        rule.activityRule.scenario.moveToState(androidx.lifecycle.Lifecycle.State.RESUMED)
    }
}
