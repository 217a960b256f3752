package ishenzhen.app.screen

import android.speech.tts.TextToSpeech
import androidx.compose.runtime.Composable
import androidx.compose.runtime.DisposableEffect
import androidx.compose.runtime.remember
import androidx.compose.ui.platform.LocalContext

/** The phone's own voice, in the language of the screen; silent where the phone has none. */
@Composable
fun rememberSpeaker(): (String) -> Unit {
    val context = LocalContext.current.applicationContext
    val locale = locale()
    val voice = remember(context) { TextToSpeech(context) {} }
    DisposableEffect(voice) { onDispose { voice.shutdown() } }
    return { words ->
        voice.language = locale
        voice.speak(words, TextToSpeech.QUEUE_FLUSH, null, null)
    }
}
