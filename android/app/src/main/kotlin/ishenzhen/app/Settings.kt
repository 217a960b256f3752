package ishenzhen.app

import android.content.Context
import android.content.SharedPreferences
import android.content.res.Configuration
import android.view.ContextThemeWrapper
import java.util.Locale
import kotlinx.coroutines.Job

/** What the holder chose for this app. */
data class Choices(val language: String?, val elderly: Boolean)

internal fun settings(context: Context): SharedPreferences = context.getSharedPreferences("settings", Context.MODE_PRIVATE)

/** The language that the holder chose for this app, where it is another one than the phone's. */
object Language {
    /** As BCP 47 has them, in the order in which they are offered. */
    val TAGS = listOf("zh-Hans", "zh-Hant", "en")

    fun chosen(context: Context): String? = settings(context).getString(KEY, null)

    fun choose(context: Context, tag: String?): Job = CitizenApp.of(context).change { putString(KEY, tag) }

    /** A context with the texts of that language, which is still the window's. */
    fun of(base: Context, tag: String?): Context {
        if (tag == null) return base
        val changed = Configuration(base.resources.configuration).apply { setLocale(Locale.forLanguageTag(tag)) }
        return ContextThemeWrapper(base, R.style.App).apply { applyOverrideConfiguration(changed) }
    }

    private const val KEY = "language"
}

/** 长辈版: larger, fewer choices, and said aloud. */
object Elderly {
    fun isOn(context: Context): Boolean = settings(context).getBoolean(KEY, false)

    fun set(context: Context, on: Boolean): Job = CitizenApp.of(context).change { putBoolean(KEY, on) }

    private const val KEY = "elderly"
}
