package ishenzhen.app

import szid.HolderPrompt
import szid.PromptPortException

/** The system's question for the screen lock, answered as the test says. */
class FakeScreenLock : HolderPrompt {
    @Volatile var opens = true

    override fun confirmScreenLock(): Boolean = if (opens) true else throw PromptPortException.NotAllowed()
}
