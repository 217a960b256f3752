// Every text that the operators' page itself says, Chinese first.

export const KINDS = {
  online: { zh: "联网核验", en: "online" },
  offline: { zh: "离线回执", en: "offline receipt" },
  double_use: { zh: "重复使用", en: "double use" },
};

export const DECISIONS = {
  accept: { zh: "✓ 通过", en: "accepted" },
  refuse: { zh: "✕ 不通过", en: "refused" },
};

export const STATES = {
  good: { zh: "有效", en: "good" },
  withdrawn: { zh: "已撤销", en: "withdrawn" },
};

export const ROLES = {
  viewer: { zh: "只读", en: "viewer" },
  manager: { zh: "管理", en: "manager" },
};

export const TOLD = {
  asked: { zh: "已申请，请另一人确认", en: "Asked: another person confirms it now" },
  over: { zh: "申请已结束", en: "The request is over" },
  withdrawn: { zh: "凭据已撤销", en: "The credential is withdrawn" },
  given: { zh: "新凭据已生成", en: "The new credential is made" },
  copied: { zh: "已复制", en: "Copied" },
  uncopied: { zh: "无法复制，请手动输入", en: "It cannot be copied: type it" },
  saved: { zh: "已导出", en: "Exported" },
  more: { zh: "已导出前一部分；请按日期分次导出其余部分", en: "The first part is exported: export the rest day by day" },
  reloaded: { zh: "已刷新", en: "Reloaded" },
  suspended: { zh: "本场所已暂停：只能查看和撤销", en: "The venue is suspended: look and withdraw only" },
  none: { zh: "暂无", en: "none" },
  further: { zh: "本页无记录，可查看更早记录", en: "none in this part: go on with older ones" },
  another: { zh: "等待另一人确认", en: "another person confirms" },
  expired: { zh: "已过期", en: "has run out" },
  double: { zh: "两台离线设备接受了同一个码", en: "two devices without connection accepted the same code" },
};

export const ACTIONS = {
  withdraw: { zh: "撤销", en: "Withdraw" },
  confirm: { zh: "确认", en: "Confirm" },
  refuse: { zh: "拒绝", en: "Refuse" },
  drop: { zh: "撤回", en: "Take back" },
};

/// What an operator can do about the service's problems, where its own words are for whoever writes programs.
export const PROBLEMS = {
  CREDENTIAL_MISSING: { zh: "请登录；凭据有误的，请核对", en: "Sign in; check the credential if it is not taken" },
  CREDENTIAL_REVOKED: { zh: "此凭据已撤销，请联系市级管理员", en: "This credential was withdrawn: ask the city's operator for a new one" },
  ROLE_DENIED: { zh: "这不是场所管理凭据", en: "This is no venue operator's credential" },
  SESSION_TOKEN: { zh: "登录已结束，请重新登录", en: "The session has ended: sign in again" },
  BAD_REQUEST: { zh: "筛选条件有误", en: "The filter cannot be read" },
  TOO_MANY: { zh: "请求过于频繁，请稍候", en: "Too many requests: wait a moment" },
  INTERNAL: { zh: "服务内部故障，请告知市级管理员", en: "A fault of the service: tell the city's operator" },
  BUSY: { zh: "服务暂时不可用，请稍候再试", en: "The service is not available now: try again later" },
  NOT_FOUND: { zh: "此项已不存在，请刷新", en: "This is gone: reload" },
};
