// Every text that the page itself says, Chinese first.

export const STATES = {
  idle: { zh: "请扫码", en: "Ready" },
  checking: { zh: "核验中", en: "Checking" },
  accept: { zh: "通过", en: "Accepted" },
  refuse: { zh: "不通过", en: "Refused" },
  unsent: { zh: "未核验", en: "Not checked" },
};

export const TOLD = {
  asking: { text: { zh: "请市民在手机上确认", en: "The citizen is asked on the phone" } },
  offline: {
    text: { zh: "未连接，此码未提交", en: "Offline: this code was not sent" },
    staff: { zh: "恢复连接后请再扫一次", en: "Scan again once the connection is back" },
    code: "NOT_SENT",
  },
  silence: {
    text: { zh: "未收到核验结果", en: "No answer came" },
    staff: { zh: "请再扫一次；仍不通过的，转人工核验", en: "Scan again; if it fails again, check the person by hand" },
    code: "NO_ANSWER",
  },
  busy: {
    text: { zh: "上一次核验尚未完成，此码未提交", en: "Earlier scans are still being checked: this code was not sent" },
    staff: { zh: "请稍候再扫一次", en: "Wait, then scan again" },
    code: "NOT_SENT",
  },
  asked: {
    text: { zh: "还在等上一位市民同意，此码未提交", en: "Still waiting for the last citizen's consent: this code was not sent" },
    staff: { zh: "等上一位的结果出来，再扫一次", en: "Wait for that verdict, then scan again" },
    code: "NOT_SENT",
  },
  meanwhile: { zh: "其间扫的码未提交，请再扫一次", en: "A code scanned meanwhile was not sent: scan it again" },
  scene: {
    text: { zh: "请先选择场景，此码未提交", en: "Choose the scene first: this code was not sent" },
    staff: { zh: "按 F2 选择场景，再扫一次", en: "Press F2, choose the scene, and scan again" },
    code: "NOT_SENT",
  },
  credential: {
    text: { zh: "这是设备凭据，未提交也未保存", en: "That is a device's credential: neither sent nor kept" },
    staff: { zh: "请扫市民码；凭据只在登录时使用", en: "Scan a citizen code; credentials are for signing in alone" },
    code: "NOT_SENT",
  },
  camera: {
    text: { zh: "摄像头不可用", en: "The camera cannot be used" },
    staff: { zh: "请在浏览器中允许使用摄像头，或用扫码枪", en: "Allow the camera in the browser, or use the scanner" },
    code: "CAMERA",
  },
  unanswered: {
    text: { zh: "还没有允许使用摄像头", en: "The camera has not been allowed yet" },
    staff: { zh: "请在浏览器的提示中点“允许”，再按一次“摄像头”；或用扫码枪", en: "Choose Allow where the browser asks, then press Camera again; or use the scanner" },
    code: "CAMERA",
  },
  blind: {
    text: { zh: "摄像头画面无法识别，已关闭", en: "The camera's pictures cannot be read: it was switched off" },
    staff: { zh: "请改用扫码枪或短号；可重新打开摄像头再试", en: "Use the scanner or a short number, or switch the camera on again" },
    code: "CAMERA",
  },
};

/// What is told of a code that ran out while the scanner was typing it.
export function tooSlow(seconds) {
  const whole = Math.round(seconds);
  return {
    text: { zh: `扫码枪发送过慢（用时 ${whole} 秒），市民码已过期`, en: `The scanner is too slow (${whole} s): the code ran out meanwhile` },
    staff: {
      zh: "请将扫码枪的按键间隔设为 0；暂请市民刷新后再扫，或报短号",
      en: "Set the scanner's delay between keys to 0; for now refresh and scan again, or use the short number",
    },
  };
}

/// Times of day, the city's.
export const CITY_TIME = { timeZone: "Asia/Shanghai", hourCycle: "h23" };

/// What staff do about a problem, where scanning again would not help.
export const REMEDIES = {
  MATTER_MISSING: { zh: "请填写经办人、办理事项和办件编号，再扫一次", en: "Fill in operator, purpose and case number, then scan again" },
  MATTER_INVALID: { zh: "请缩短或改正经办人、办理事项、办件编号，再扫一次", en: "Shorten or correct operator, purpose and case number, then scan again" },
};

/// What a clerk can do about the service's problems; their own words are for whoever writes programs.
export const PROBLEMS = {
  CREDENTIAL_MISSING: { zh: "凭据有误，请核对后重新输入", en: "This credential is not known: check it and enter it again" },
  CREDENTIAL_REVOKED: { zh: "此凭据已撤销，请联系管理员", en: "This credential was withdrawn: ask the operator for a new one" },
  ROLE_DENIED: { zh: "这不是场所设备的凭据", en: "This is no venue device's credential" },
  VENUE_SUSPENDED: { zh: "本场所已暂停，请联系管理员", en: "This venue is suspended: ask the operator" },
  TOO_MANY: { zh: "请求过于频繁，请稍候", en: "Too many requests: wait a moment" },
  INTERNAL: { zh: "服务内部故障，请告知管理员", en: "A fault of the service: tell the operator" },
  BUSY: { zh: "服务暂时不可用，请稍候再试", en: "The service is not available now: try again later" },
};

/// What is told on the sign-in page of a text that is no credential.
export const NO_CREDENTIAL = { zh: "这不是设备凭据，未提交；市民码请登录后再扫", en: "That is no device credential and was not sent: sign in before scanning citizen codes" };

/// What is told on the sign-in page when a scan found its session gone.
export const ENDED = { zh: "登录已结束，请重新登录；刚才的码未核验", en: "The session has ended: sign in again; the last code was not checked" };

/// In the order of the forms that they are copied into.
export const CLAIMS = {
  name: { zh: "姓名", en: "Name" },
  masked_name: { zh: "姓名（脱敏）", en: "Masked name" },
  sex: { zh: "性别", en: "Sex" },
  nationality: { zh: "民族 / 国籍", en: "Ethnic group / nationality" },
  birth_date: { zh: "出生日期", en: "Date of birth" },
  document_type: { zh: "证件类型", en: "Document type" },
  document_number: { zh: "证件号码", en: "Document number" },
  document_validity: { zh: "有效期至", en: "Valid until" },
  phone: { zh: "手机号", en: "Phone" },
  age: { zh: "年龄", en: "Age" },
  concession: { zh: "优待", en: "Concession" },
  licences: { zh: "证照", en: "Licences" },
  pairwise_id: { zh: "本场所专用编号", en: "Id at this venue" },
};

/// A resident's card names the ethnic group, a passport the nationality; other documents may have either.
export const NATIONALITY_OF = {
  111: { zh: "民族", en: "Ethnic group" },
  414: { zh: "国籍", en: "Nationality" },
  553: { zh: "国籍", en: "Nationality" },
};

/// Values that the service writes as codes.
export const VALUES = {
  sex: { male: { zh: "男", en: "male" }, female: { zh: "女", en: "female" } },
  document_type: {
    111: { zh: "居民身份证", en: "resident identity card" },
    154: { zh: "港澳台居民居住证", en: "residence permit" },
    414: { zh: "护照", en: "passport" },
    511: { zh: "台湾居民来往大陆通行证", en: "mainland travel permit (Taiwan)" },
    516: { zh: "港澳居民来往内地通行证", en: "mainland travel permit (Hong Kong and Macao)" },
    553: { zh: "外国人永久居留身份证", en: "foreign permanent resident card" },
  },
};

/// A time span in the largest unit that fits.
export function age(seconds) {
  if (typeof seconds !== "number" || !(seconds >= 0)) return { zh: "—", en: "" };
  const whole = Math.floor(seconds);
  if (whole < 60) return { zh: `${whole} 秒前`, en: `${whole} s` };
  if (whole < 3600) return { zh: `${Math.floor(whole / 60)} 分钟前`, en: `${Math.floor(whole / 60)} min` };
  if (whole < 172800) return { zh: `${Math.floor(whole / 3600)} 小时前`, en: `${Math.floor(whole / 3600)} h` };
  return { zh: `${Math.floor(whole / 86400)} 天前`, en: `${Math.floor(whole / 86400)} d` };
}

/// English words, marked as such for screen readers.
export function english(text) {
  const part = document.createElement("span");
  part.lang = "en";
  part.textContent = text;
  return part;
}
