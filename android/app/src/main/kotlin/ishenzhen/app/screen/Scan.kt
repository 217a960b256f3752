package ishenzhen.app.screen

import android.Manifest
import android.content.pm.PackageManager
import android.view.Surface
import android.view.SurfaceHolder
import android.view.SurfaceView
import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.contract.ActivityResultContracts
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.viewinterop.AndroidView
import ishenzhen.app.CitizenApp
import ishenzhen.app.R
import ishenzhen.sdk.BackCamera
import ishenzhen.sdk.CameraAway
import ishenzhen.sdk.readQr
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch

private enum class Sight { SHUT, OPEN, DENIED, AWAY }

/** A QR code read by the phone's camera, which is asked for when the holder wants it and not before. */
@Composable
fun Scan(onRead: (String) -> Unit) {
    val context = LocalContext.current
    var sight by remember { mutableStateOf(Sight.SHUT) }
    val ask = rememberLauncherForActivityResult(ActivityResultContracts.RequestPermission()) {
        sight = if (it) Sight.OPEN else Sight.DENIED
    }
    when (sight) {
        Sight.OPEN -> Finder({ sight = Sight.AWAY }, onRead)
        Sight.DENIED -> Text(stringResource(R.string.camera_denied), style = MaterialTheme.typography.bodyLarge)
        Sight.AWAY -> Text(stringResource(R.string.camera_away), style = MaterialTheme.typography.bodyLarge)
        Sight.SHUT -> Unit
    }
    if (sight == Sight.OPEN) {
        Other(stringResource(R.string.camera_shut)) { sight = Sight.SHUT }
    } else {
        Big(stringResource(R.string.camera_open)) {
            val allowed = context.checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED
            if (allowed) sight = Sight.OPEN else ask.launch(Manifest.permission.CAMERA)
        }
    }
}

/** What the camera sees, upright as a phone is held. */
@Composable
private fun Finder(onAway: () -> Unit, onRead: (String) -> Unit) {
    val camera = CitizenApp.of(LocalContext.current).camera
    var surface by remember { mutableStateOf<Surface?>(null) }
    val words = stringResource(R.string.camera_explained)
    Text(words, style = MaterialTheme.typography.bodyLarge)
    AndroidView(
        { context -> SurfaceView(context).apply { holder.addCallback(Watch { surface = it }) } },
        Modifier.fillMaxWidth().aspectRatio(BackCamera.HEIGHT.toFloat() / BackCamera.WIDTH).semantics { contentDescription = words },
    )
    surface?.let { preview ->
        WhileLookedAt(preview) {
            val read = CompletableDeferred<String>()
            try {
                coroutineScope {
                    val seeing = launch { camera.see(preview) { light -> readQr(light)?.let(read::complete) } }
                    onRead(read.await())
                    seeing.cancel()
                }
            } catch (away: CameraAway) {
                onAway()
            }
        }
    }
}

private class Watch(private val tell: (Surface?) -> Unit) : SurfaceHolder.Callback {
    override fun surfaceCreated(holder: SurfaceHolder) = holder.setFixedSize(BackCamera.WIDTH, BackCamera.HEIGHT)

    // The first one comes after the size was set.
    override fun surfaceChanged(holder: SurfaceHolder, format: Int, width: Int, height: Int) = tell(holder.surface)

    override fun surfaceDestroyed(holder: SurfaceHolder) = tell(null)
}
