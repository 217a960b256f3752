package ishenzhen.app.screen

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.remember
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalConfiguration
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.unit.Density
import ishenzhen.app.Language

/** One blue and greys: no colour that could be taken for a verdict. */
internal val LIGHT = lightColorScheme(
    primary = Color(0xFF1B4F9C), onPrimary = Color.White,
    primaryContainer = Color(0xFFDAE5F8), onPrimaryContainer = Color(0xFF0B2A57),
    secondary = Color(0xFF1B4F9C), onSecondary = Color.White,
    secondaryContainer = Color(0xFFDAE5F8), onSecondaryContainer = Color(0xFF0B2A57),
    background = Color(0xFFF5F7FA), onBackground = Color(0xFF16191D),
    surface = Color(0xFFF5F7FA), onSurface = Color(0xFF16191D),
    surfaceContainer = Color.White, surfaceContainerHigh = Color.White, surfaceContainerHighest = Color(0xFFE6EAF0),
    surfaceVariant = Color(0xFFE6EAF0), onSurfaceVariant = Color(0xFF454B54),
    outline = Color(0xFF6A717B), outlineVariant = Color(0xFFC6CCD4),
)

internal val DARK = darkColorScheme(
    primary = Color(0xFFA9C7FA), onPrimary = Color(0xFF0B2A57),
    primaryContainer = Color(0xFF1F3E6E), onPrimaryContainer = Color(0xFFDAE5F8),
    secondary = Color(0xFFA9C7FA), onSecondary = Color(0xFF0B2A57),
    secondaryContainer = Color(0xFF1F3E6E), onSecondaryContainer = Color(0xFFDAE5F8),
    background = Color(0xFF101316), onBackground = Color(0xFFE4E7EB),
    surface = Color(0xFF101316), onSurface = Color(0xFFE4E7EB),
    surfaceContainer = Color(0xFF1B1F24), surfaceContainerHigh = Color(0xFF242930), surfaceContainerHighest = Color(0xFF2E343C),
    surfaceVariant = Color(0xFF2E343C), onSurfaceVariant = Color(0xFFC3C9D1),
    outline = Color(0xFF8D949E), outlineVariant = Color(0xFF434A53),
)

/** Whether the holder chose the mode for the elderly. */
val LocalElderly = staticCompositionLocalOf { false }

@Composable
fun Theme(elderly: Boolean, content: @Composable () -> Unit) = MaterialTheme(colorScheme = if (isSystemInDarkTheme()) DARK else LIGHT) {
    val density = LocalDensity.current
    // On top of what the phone is set to, but no further than every screen was seen at.
    val scale = if (elderly) (density.fontScale * LARGER).coerceIn(density.fontScale, LARGEST.coerceAtLeast(density.fontScale)) else density.fontScale
    CompositionLocalProvider(LocalElderly provides elderly, LocalDensity provides Density(density.density, scale), content = content)
}

/** In the language that the holder chose, or the phone's. */
@Composable
fun InLanguage(tag: String?, content: @Composable () -> Unit) {
    val (context, configuration) = LocalContext.current to LocalConfiguration.current
    // The phone's own may change while the app is open.
    val chosen = remember(context, configuration, tag) { Language.of(context, tag) }
    CompositionLocalProvider(LocalContext provides chosen, LocalConfiguration provides chosen.resources.configuration, content = content)
}

private const val LARGER = 1.5f
private const val LARGEST = 2f
