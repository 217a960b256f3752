package ishenzhen.sdk

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** An app whose passes the system has fetched while nobody looks. */
interface RefreshesUnseen {
    /** False where another try soon is worth it. */
    suspend fun refreshUnseen(): Boolean
}

/**
 * Twice a day, with a connection, also after a restart of the phone. The system says when: it may put it off for hours. While
 * the phone is locked its key store answers nothing, and the system tries again with growing waits.
 */
class RefreshJob : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
    private var running: Job? = null

    override fun onStartJob(parameters: JobParameters): Boolean {
        val app = application as? RefreshesUnseen ?: return false
        running = scope.launch { jobFinished(parameters, !app.refreshUnseen()) }
        return true
    }

    /** The system takes the connection or the time away: what came is kept, the rest is for another time. */
    override fun onStopJob(parameters: JobParameters): Boolean {
        running?.cancel()
        return true
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    companion object {
        const val ID = 1
        private val EVERY = TimeUnit.HOURS.toMillis(12)

        /** Once is enough; again, it changes nothing. */
        fun schedule(context: Context) {
            val scheduler = scheduler(context)
            if (scheduler.getPendingJob(ID) != null) return
            val job = JobInfo.Builder(ID, ComponentName(context, RefreshJob::class.java))
                .setPeriodic(EVERY)
                .setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
                .setPersisted(true)
                .build()
            scheduler.schedule(job)
        }

        fun cancel(context: Context) = scheduler(context).cancel(ID)

        private fun scheduler(context: Context) = context.getSystemService(JobScheduler::class.java)!!
    }
}
