package ishenzhen.sdk

import android.app.Activity
import android.app.Application
import android.os.Bundle
import androidx.activity.ComponentActivity
import java.lang.ref.WeakReference

/** The activity that the holder sees now: the phone's own prompts need one. */
class Foreground : Application.ActivityLifecycleCallbacks {
    @Volatile private var resumed = WeakReference<ComponentActivity>(null)

    fun activity(): ComponentActivity? = resumed.get()

    override fun onActivityResumed(activity: Activity) { resumed = WeakReference(activity as? ComponentActivity) }
    override fun onActivityPaused(activity: Activity) { if (resumed.get() === activity) resumed.clear() }
    override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit
    override fun onActivityStarted(activity: Activity) = Unit
    override fun onActivityStopped(activity: Activity) = Unit
    override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit
    override fun onActivityDestroyed(activity: Activity) = Unit
}
