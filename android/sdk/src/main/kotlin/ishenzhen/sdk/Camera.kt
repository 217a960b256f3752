package ishenzhen.sdk

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import android.view.Surface
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.suspendCancellableCoroutine

/** The phone has no camera at the back, another app has it, or it failed. */
class CameraAway(cause: Throwable? = null) : Exception(cause)

/** How bright each pixel of a picture is, row by row. */
class Light(val bytes: ByteArray, val width: Int, val height: Int)

interface Camera {
    /**
     * Shows on this surface what the camera sees, and hands each picture on, until it is cancelled. [CameraAway] where there
     * is none. The holder has allowed the camera by then.
     */
    suspend fun see(preview: Surface, picture: (Light) -> Unit): Nothing
}

/** The camera at the back. No picture is kept. */
class BackCamera(context: Context) : Camera {
    private val manager = context.getSystemService(CameraManager::class.java)

    override suspend fun see(preview: Surface, picture: (Light) -> Unit): Nothing {
        val thread = HandlerThread("camera").apply { start() }
        val handler = Handler(thread.looper)
        val pictures = ImageReader.newInstance(WIDTH, HEIGHT, ImageFormat.YUV_420_888, BUFFERS)
        val gone = CompletableDeferred<Nothing>()
        var device: CameraDevice? = null
        try {
            pictures.setOnImageAvailableListener({ from -> from.acquireLatestImage()?.use { picture(lightOf(it)) } }, handler)
            device = open(handler, gone)
            begin(device, preview, pictures.surface, handler)
            gone.await()
        } catch (failed: CameraAccessException) {
            throw CameraAway(failed)
        } catch (failed: IllegalStateException) {
            // Another app took it between two of these calls.
            if (failed is CancellationException) throw failed
            throw CameraAway(failed)
        } finally {
            device?.close()
            pictures.close()
            thread.quitSafely()
        }
    }

    // Who calls has been allowed; where that was taken back since, the system says so.
    @SuppressLint("MissingPermission")
    private suspend fun open(handler: Handler, gone: CompletableDeferred<Nothing>): CameraDevice {
        val manager = manager ?: throw CameraAway()
        val id = manager.cameraIdList.firstOrNull {
            manager.getCameraCharacteristics(it).get(CameraCharacteristics.LENS_FACING) == CameraCharacteristics.LENS_FACING_BACK
        } ?: throw CameraAway()
        return suspendCancellableCoroutine { waiting ->
            try {
                manager.openCamera(id, Opening(waiting, gone), handler)
            } catch (denied: SecurityException) {
                waiting.resumeWithException(CameraAway(denied))
            }
        }
    }

    private class Opening(private val waiting: CancellableContinuation<CameraDevice>, private val gone: CompletableDeferred<Nothing>) :
        CameraDevice.StateCallback() {
        override fun onOpened(camera: CameraDevice) {
            if (waiting.isActive) waiting.resume(camera) else camera.close()
        }

        override fun onDisconnected(camera: CameraDevice) = end(camera)

        override fun onError(camera: CameraDevice, error: Int) = end(camera)

        private fun end(camera: CameraDevice) {
            camera.close()
            if (waiting.isActive) waiting.resumeWithException(CameraAway())
            gone.completeExceptionally(CameraAway())
        }
    }

    private suspend fun begin(device: CameraDevice, preview: Surface, pictures: Surface, handler: Handler) {
        val session = suspendCancellableCoroutine { waiting ->
            // What replaces it is of Android 9.
            @Suppress("DEPRECATION")
            device.createCaptureSession(listOf(preview, pictures), Configured(waiting), handler)
        }
        val request = device.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW).apply {
            addTarget(preview)
            addTarget(pictures)
            set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
        }
        session.setRepeatingRequest(request.build(), null, handler)
    }

    private class Configured(private val waiting: CancellableContinuation<CameraCaptureSession>) : CameraCaptureSession.StateCallback() {
        override fun onConfigured(session: CameraCaptureSession) {
            if (waiting.isActive) waiting.resume(session)
        }

        override fun onConfigureFailed(session: CameraCaptureSession) {
            if (waiting.isActive) waiting.resumeWithException(CameraAway())
        }
    }

    companion object {
        /** Every phone with a camera has this size. A venue's code then has some six pixels a module at arm's length. */
        const val WIDTH = 1280
        const val HEIGHT = 960
        private const val BUFFERS = 2
    }
}
