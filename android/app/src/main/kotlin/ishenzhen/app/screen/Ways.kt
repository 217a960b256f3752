package ishenzhen.app.screen

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import ishenzhen.app.R

/** The two other ways to be known at a desk: beside each other where the words have room. */
@Composable
fun Ways(go: (Place) -> Unit) {
    val around = Modifier.widthIn(max = 600.dp).padding(horizontal = 16.dp)
    val (venue, number) = stringResource(R.string.venue_title) to stringResource(R.string.number_title)
    when {
        LocalElderly.current -> Column(around) { Other(number) { go(Place.NUMBER) } }
        LocalDensity.current.fontScale > ROOMY -> Column(around, Arrangement.spacedBy(8.dp)) {
            Other(venue) { go(Place.VENUE) }
            Other(number) { go(Place.NUMBER) }
        }
        else -> Row(around, Arrangement.spacedBy(8.dp)) {
            Other(venue, Modifier.weight(1f)) { go(Place.VENUE) }
            Other(number, Modifier.weight(1f)) { go(Place.NUMBER) }
        }
    }
}

/** The largest text with which two buttons fit beside each other. */
const val ROOMY = 1.2f
