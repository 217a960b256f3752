package ishenzhen.sdk

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.graphics.drawable.Icon

/** What stands in a reminder; nothing of the holder. */
class ReminderWords(val channel: String, val title: String, val text: String)

/** The one notification of the app: that the phone needs a connection soon. */
class Reminder(private val context: Context) {
    private val manager = context.getSystemService(NotificationManager::class.java)!!

    /** Whether the holder lets the app remind. */
    fun isAllowed(): Boolean = manager.areNotificationsEnabled()

    /** Shows it, or what it says now; touched, it opens the app. */
    fun show(icon: Icon, words: ReminderWords) {
        manager.createNotificationChannel(NotificationChannel(CHANNEL, words.channel, NotificationManager.IMPORTANCE_DEFAULT))
        val opening = context.packageManager.getLaunchIntentForPackage(context.packageName) ?: return
        val open = PendingIntent.getActivity(context, 0, opening, PendingIntent.FLAG_IMMUTABLE)
        val notification = Notification.Builder(context, CHANNEL)
            .setSmallIcon(icon).setContentTitle(words.title).setContentText(words.text)
            .setStyle(Notification.BigTextStyle().bigText(words.text))
            .setContentIntent(open).setAutoCancel(true).setOnlyAlertOnce(true)
            .setVisibility(Notification.VISIBILITY_PUBLIC)
            .build()
        manager.notify(ID, notification)
    }

    fun hide() = manager.cancel(ID)

    private companion object {
        const val CHANNEL = "passes"
        const val ID = 1
    }
}
