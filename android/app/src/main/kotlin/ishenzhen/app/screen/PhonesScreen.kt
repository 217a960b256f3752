package ishenzhen.app.screen

import androidx.activity.compose.BackHandler
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.Phones
import ishenzhen.app.model.PhonesModel
import szid.AccountState
import szid.Device
import szid.DeviceDetails
import szid.OtherDevices

/** The holder's phones; a lost one is ended here, or everything is frozen. */
@Composable
fun PhonesScreen(model: PhonesModel, back: () -> Unit) {
    val phones by model.state.collectAsStateWithLifecycle()
    LaunchedEffect(model) { model.load() }
    val ending = phones.ending
    if (ending != null) {
        BackHandler { model.choose(null) }
        Ending(ending.details(), phones, model)
        return
    }
    Page(stringResource(R.string.phones_title), back) {
        if (phones.loading) LinearProgressIndicator(Modifier.fillMaxWidth())
        phones.trouble?.let { Told(it) }
        if (phones.account == AccountState.FROZEN) Text(stringResource(R.string.frozen_now), style = MaterialTheme.typography.titleMedium)
        when (phones.others) {
            OtherDevices.ENDED -> Text(stringResource(R.string.others_ended))
            OtherDevices.SUSPENDED -> Text(stringResource(R.string.others_suspended))
            null -> Unit
        }
        Lines(phones.list) { Phone(it, model::choose) }
        if (phones.account == AccountState.ACTIVE) Lost { model.reportLost() }
    }
}

@Composable
private fun Phone(phone: Device, choose: (Device) -> Unit) {
    val details = phone.details()
    Column(Modifier.fillMaxWidth(), Arrangement.spacedBy(4.dp)) {
        Text(details.name.ifEmpty { stringResource(R.string.phone_unnamed) }, style = MaterialTheme.typography.titleMedium)
        if (details.thisDevice) Text(stringResource(R.string.this_phone))
        details.createdAt?.let { Text(stringResource(R.string.phone_since, day(it.toLong()))) }
        if (!details.thisDevice) Other(stringResource(R.string.end_phone)) { choose(phone) }
    }
}

@Composable
private fun Ending(phone: DeviceDetails, phones: Phones, model: PhonesModel) {
    val byFinger = whereReady(model.byFingerReady) { model.endByFinger() }
    Page(stringResource(R.string.end_phone), { model.choose(null) }) {
        val words = stringResource(R.string.end_explained, phone.name)
        ByPin(words, phones.trouble, stringResource(R.string.end_now), { model.endWith(it) }, byFinger, enabled = !phones.loading)
    }
}

@Composable
private fun Lost(report: () -> Unit) = Group {
    Text(stringResource(R.string.lost_title), style = MaterialTheme.typography.titleMedium)
    Text(stringResource(R.string.lost_explained))
    Twice(stringResource(R.string.lost_report), stringResource(R.string.lost_now), report) {
        Text(stringResource(R.string.lost_sure), style = MaterialTheme.typography.titleMedium)
    }
}
