package ishenzhen.app.screen

import androidx.activity.compose.BackHandler
import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Badge
import androidx.compose.material3.BadgedBox
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.NavigationBar
import androidx.compose.material3.NavigationBarItem
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.Home
import ishenzhen.app.model.HomeState
import ishenzhen.app.model.Opened

/** Where in the app the holder is. */
enum class Place(val above: Place?) {
    CODE(null), USES(null), ME(null), NUMBER(CODE), VENUE(CODE), UNLOCK(CODE), FIRST_PIN(CODE),
    NEW_PHONES(CODE), EVENTS(USES),
    PIN(ME), FINGER(ME), PHONES(ME), ELDERLY(ME), LANGUAGE(ME), NAME(ME), REMINDER(ME), KEYS(ME), WIPE(ME)
}

private enum class Tab(val place: Place, @param:DrawableRes val icon: Int, @param:StringRes val words: Int) {
    CODE(Place.CODE, R.drawable.code, R.string.tab_code),
    USES(Place.USES, R.drawable.uses, R.string.tab_uses),
    ME(Place.ME, R.drawable.me, R.string.tab_me),
}

@Composable
fun AppScreen(home: Home) {
    val state by home.state.collectAsStateWithLifecycle()
    var place by rememberSaveable { mutableStateOf(Place.CODE) }
    when (val now = state) {
        HomeState.Opening -> Waiting()
        is HomeState.Stopped -> Scaffold { Box(Modifier.padding(it)) { StoppedScreen(now, home::start, home::wipe) } }
        is HomeState.Empty -> Scaffold { inner ->
            Box(Modifier.padding(inner)) {
                val isTurnedDown by now.opened.enrol.isTurnedDown.collectAsStateWithLifecycle()
                if (isTurnedDown) TurnedDown(R.string.offer_under_way, R.string.offer_under_way_why, now.opened.enrol::seenTurnedDown)
                else EnrolScreen(now.opened.enrol) {
                    place = Place.FIRST_PIN
                    home.look()
                }
            }
        }
        is HomeState.Enrolled -> Enrolled(home, now.opened, place, { place = it })
    }
}

@Composable
private fun Enrolled(home: Home, opened: Opened, place: Place, go: (Place) -> Unit) {
    val asked by opened.asked.state.collectAsStateWithLifecycle()
    val question = asked
    if (question != null) {
        Scaffold { Box(Modifier.padding(it)) { AskedScreen(question, opened.asked) } }
        return
    }
    val events by opened.events.state.collectAsStateWithLifecycle()
    val newPhones by opened.newPhones.state.collectAsStateWithLifecycle()
    val isTurnedDown by opened.enrol.isTurnedDown.collectAsStateWithLifecycle()
    if (isTurnedDown) {
        Scaffold { Box(Modifier.padding(it)) { TurnedDown(R.string.offer_turned_down, R.string.offer_turned_down_why, opened.enrol::seenTurnedDown) } }
        return
    }
    val back = { go(place.above ?: Place.CODE) }
    BackHandler(place != Place.CODE, back)
    Scaffold(bottomBar = { if (place.above == null) Tabs(place, events.unseen, go) }) { inner ->
        Box(Modifier.padding(inner)) {
            when (place) {
                Place.CODE -> CodeScreen(opened.code, { go(Place.UNLOCK) }) {
                    if (newPhones.asked.isNotEmpty()) Big(stringResource(R.string.new_phones_look)) { go(Place.NEW_PHONES) }
                    Ways(go)
                }
                Place.NEW_PHONES -> NewPhonesScreen(opened.newPhones, back)
                Place.EVENTS -> EventsScreen(opened.events, back)
                Place.NUMBER -> NumberScreen(opened.number, back)
                Place.VENUE -> VenueScreen(opened.venue, back)
                Place.USES -> UsesScreen(opened.uses, events.unseen) { go(Place.EVENTS) }
                Place.ME -> MeScreen(go)
                Place.FIRST_PIN -> PinScreen(opened.pin, back, first = true)
                Place.PIN -> PinScreen(opened.pin, back)
                Place.UNLOCK -> UnlockScreen(opened.unlock, back)
                Place.FINGER -> FingerScreen(opened.finger, back)
                Place.PHONES -> PhonesScreen(opened.phones, back)
                Place.ELDERLY -> ElderlyScreen(back)
                Place.LANGUAGE -> LanguageScreen(back)
                Place.NAME -> NameScreen(opened.name, back)
                Place.REMINDER -> ReminderScreen(back)
                Place.KEYS -> KeysScreen(back)
                Place.WIPE -> WipeScreen(back) {
                    go(Place.CODE)
                    home.wipe()
                }
            }
        }
    }
}

@Composable
private fun Tabs(place: Place, unseen: Int, go: (Place) -> Unit) = NavigationBar {
    Tab.entries.forEach { tab ->
        NavigationBarItem(
            selected = place == tab.place, onClick = { go(tab.place) },
            icon = { if (tab == Tab.USES && unseen > 0) Marked(tab, unseen) else Icon(painterResource(tab.icon), null) },
            label = { Text(stringResource(tab.words), maxLines = 1, overflow = TextOverflow.Ellipsis) },
        )
    }
}

/** An offer was opened that is not taken: the phone has a code, or another offer is under way. */
@Composable
private fun TurnedDown(@StringRes title: Int, @StringRes why: Int, seen: () -> Unit) {
    BackHandler(onBack = seen)
    Page(stringResource(title)) {
        Text(stringResource(why), style = MaterialTheme.typography.bodyLarge)
        Big(stringResource(R.string.understood), onClick = seen)
    }
}

/** Something happened to the account that the holder has not seen. */
@Composable
private fun Marked(tab: Tab, unseen: Int) {
    val words = stringResource(R.string.events_new, unseen)
    BadgedBox({ Badge(Modifier.semantics { contentDescription = words }, MaterialTheme.colorScheme.primary) }) { Icon(painterResource(tab.icon), null) }
}

@Composable
private fun Waiting() = Box(Modifier.fillMaxSize(), Alignment.Center) { CircularProgressIndicator() }
