package ishenzhen.app

import android.content.Context
import android.content.res.Configuration
import java.util.Locale

/** The language that the holder chose for this app, where it is another one than the phone's. */
object Language {
    /** As BCP 47 has them, in the order in which they are offered. */
    val TAGS = listOf("zh-Hans", "zh-Hant", "en")

    fun chosen(context: Context): String? = store(context).getString(KEY, null)

    fun choose(context: Context, tag: String?) = store(context).edit().putString(KEY, tag).apply()

    /** A context with the texts of that language. */
    fun of(base: Context): Context {
        val tag = chosen(base) ?: return base
        val changed = Configuration(base.resources.configuration).apply { setLocale(Locale.forLanguageTag(tag)) }
        return base.createConfigurationContext(changed)
    }

    private fun store(context: Context) = context.getSharedPreferences("settings", Context.MODE_PRIVATE)

    private const val KEY = "language"
}
