package ishenzhen.app.screen

import android.text.format.DateFormat
import androidx.compose.runtime.Composable
import androidx.compose.ui.platform.LocalConfiguration
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import ishenzhen.app.R
import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.util.Locale

@Composable
fun locale(): Locale = LocalConfiguration.current.locales[0]

/** What the core says in two languages, in the one of this screen. */
@Composable
fun spoken(zh: String, en: String): String = if (locale().language == "zh") zh else en

/** A claim in words; one that this app does not know by its own name. */
@Composable
fun claim(name: String): String = when (name) {
    "pairwise_id" -> stringResource(R.string.claim_pairwise_id)
    "name" -> stringResource(R.string.claim_name)
    "masked_name" -> stringResource(R.string.claim_masked_name)
    "document_type" -> stringResource(R.string.claim_document_type)
    "document_number" -> stringResource(R.string.claim_document_number)
    "sex" -> stringResource(R.string.claim_sex)
    "nationality" -> stringResource(R.string.claim_nationality)
    "birth_date" -> stringResource(R.string.claim_birth_date)
    "document_validity" -> stringResource(R.string.claim_document_validity)
    "phone" -> stringResource(R.string.claim_phone)
    "age" -> stringResource(R.string.claim_age)
    "concession" -> stringResource(R.string.claim_concession)
    else -> name
}

@Composable
fun claims(names: List<String>): String = names.map { claim(it) }.joinToString(stringResource(R.string.list_comma))

/** How long a venue may keep what it receives. */
@Composable
fun keptFor(days: Int): String =
    if (days == 0) stringResource(R.string.kept_not) else pluralStringResource(R.plurals.kept_days, days, days)

/** Days are the city's, wherever the phone is. */
private val CITY: ZoneId = ZoneId.of("Asia/Shanghai")

/** The day that ends at this time. */
@Composable
fun dayBefore(end: Long): String = written(end - 1, "MMMdEEE")

@Composable
fun dayAndTime(at: Long): String = written(at, "MMMdHm")

@Composable
fun day(at: Long): String = written(at, "yMMMd")

@Composable
private fun written(at: Long, parts: String): String {
    val locale = locale()
    val pattern = DateFormat.getBestDateTimePattern(locale, parts)
    return DateTimeFormatter.ofPattern(pattern, locale).format(Instant.ofEpochSecond(at).atZone(CITY))
}
