package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import szid.Advice
import szid.OpenException
import szid.SyncException
import szid.Wallet
import szid.WipeException

/** How the wallet of this phone is opened, and wiped where it no longer opens. */
interface Door {
    fun open(): Wallet
    fun wipeClosed()
}

/** Whether everything may be wiped where the wallet does not open. */
enum class Wiping {
    /** Nothing is lost. */
    NO,
    /** The phone has not given the key for so long that it may be for good. */
    LAST,
    /** Trying again brings nothing back. */
    FIRST,
}

/** What stands before everything else. */
sealed interface HomeState {
    data object Opening : HomeState

    /** The wallet does not open. */
    class Stopped(val advice: Advice, val wiping: Wiping) : HomeState

    /** Opened, and nobody enrolled yet. */
    class Empty(val opened: Opened) : HomeState

    class Enrolled(val opened: Opened) : HomeState
}

/** The wallet of this process, opened once, and what is done with it. */
class Home(private val door: Door, private val finger: Finger, private val scope: CoroutineScope) {
    private val now = MutableStateFlow<HomeState>(HomeState.Opening)
    val state: StateFlow<HomeState> = now

    /** How often the phone did not give the wallet's key, one time after the other. */
    private var keyAway = 0

    /** A phone that is turned starts twice; the wallet's folder is opened once. */
    private val one = Mutex()

    /** Opens the wallet unless it is open; called whenever the app comes to the front. */
    fun start(): Job = scope.launch {
        one.withLock {
            if (opened() != null) return@withLock
            now.value = HomeState.Opening
            open()
        }
    }

    /** Passes for the coming days while nobody looks; opens the wallet where it is closed. */
    suspend fun refreshUnseen(): Unseen {
        one.withLock { if (opened() == null) open() }
        return when (val state = now.value) {
            is HomeState.Enrolled -> state.opened.refreshUnseen()
            // A phone that is locked gives the wallet's key out to nobody, not to its own apps either.
            is HomeState.Stopped -> Unseen.AGAIN
            else -> Unseen.DONE
        }
    }

    /** Looks again whether somebody is enrolled. */
    fun look(): Job = scope.launch { one.withLock { opened()?.let { now.value = stateOf(it) } } }

    /** Destroys everything on this phone, also where the wallet no longer opens, and begins anew. */
    fun wipe(): Job = scope.launch { one.withLock { wipeNow() } }

    private fun wipeNow() {
        val opened = opened()
        // Nobody looks at the wallet any more when it goes.
        now.value = HomeState.Opening
        try {
            // It stays open: something may still ask it, and is told that it is wiped.
            opened?.wallet?.wipe() ?: door.wipeClosed()
        } catch (failed: WipeException) {
            // What is left of a wallet that was wiped in part is wiped as one that is closed.
            opened?.wallet?.close()
            now.value = HomeState.Stopped(failed.advice(), Wiping.FIRST)
            return
        }
        open()
    }

    private fun open() {
        try {
            val opened = Opened(door.open(), finger, scope)
            keyAway = 0
            now.value = stateOf(opened)
            if (now.value is HomeState.Stopped) opened.wallet.close()
        } catch (failed: OpenException) {
            keyAway = if (failed is OpenException.KeyUnavailable) keyAway + 1 else 0
            val wiping = when {
                failed is OpenException.KeyLost || failed is OpenException.Damaged -> Wiping.FIRST
                keyAway >= AWAY_FOR_GOOD -> Wiping.LAST
                else -> Wiping.NO
            }
            now.value = HomeState.Stopped(failed.advice(), wiping)
        }
    }

    private fun opened(): Opened? = when (val state = now.value) {
        is HomeState.Empty -> state.opened
        is HomeState.Enrolled -> state.opened
        else -> null
    }

    private fun stateOf(opened: Opened): HomeState = try {
        if (opened.wallet.status().enrolled) HomeState.Enrolled(opened) else HomeState.Empty(opened)
    } catch (failed: SyncException) {
        HomeState.Stopped(failed.advice(), Wiping.NO)
    }
}

/** A key that was away so often may be so for good: the holder may begin anew. */
private const val AWAY_FOR_GOOD = 3

/** How a refresh ended that nobody looked at. */
enum class Unseen {
    DONE,
    /** Worth another try soon. */
    AGAIN,
    /** As above, and the phone's passes end soon. */
    ENDS_SOON,
}

/** The open wallet, and a state holder for each screen. */
class Opened(val wallet: Wallet, finger: Finger, scope: CoroutineScope) {
    val unlocks = Unlocks(wallet, finger)
    val code = CodeModel(wallet, unlocks)
    val number = NumberModel(wallet, unlocks)
    val venue = VenueModel(wallet, unlocks, scope)
    val enrol = EnrolModel(wallet, scope)
    val asked = AskedModel(wallet, unlocks, scope)
    val uses = UsesModel(wallet, scope)
    val events = EventsModel(wallet, scope)
    val newPhones = NewPhonesModel(wallet, unlocks, scope)
    val phones = PhonesModel(wallet, unlocks, scope)
    val pin = PinModel(wallet, unlocks, scope)
    val unlock = UnlockModel(unlocks, scope)
    val name = NameModel(wallet, scope)
    val finger = FingerModel(unlocks, scope)

    /** The app comes in sight: passes for the coming days, where it is time for them, and the time, where it is in doubt. What goes wrong is tried the next time. Whether the passes still end soon. */
    suspend fun comeInSight(): Boolean = withContext(Dispatchers.IO) {
        // The holder may have been in the phone's settings.
        unlocks.look()
        try {
            val status = wallet.status()
            if (status.refreshDue || status.timeInDoubt) wallet.refresh()
        } catch (failed: SyncException) {
            // A freeze, or an ended device, is in the status from then on, and said beside the code.
        }
        events.look()
        newPhones.look()
        endsSoon()
    }

    /** Passes for the coming days, where it is time for them. */
    suspend fun refreshUnseen(): Unseen = try {
        if (wallet.status().refreshDue) wallet.refresh()
        Unseen.DONE
    } catch (failed: SyncException) {
        val stays = failed is SyncException.Frozen || failed is SyncException.DeviceEnded
        if (stays) Unseen.DONE else if (endsSoon()) Unseen.ENDS_SOON else Unseen.AGAIN
    }

    private fun endsSoon() = try {
        wallet.status().endsSoon
    } catch (failed: SyncException) {
        false
    }
}
