//! What is told of what a command was given: files, settings and addresses that cannot be used.

use szid_protocol::reason::Text;
use szid_protocol::told::Row;

/// `FILE_UNREAD`.
pub const FILE_UNREAD: Row = Row {
    code: "FILE_UNREAD",
    what_zh: "无法读取文件",
    advice: Text { zh: "请核对路径和读取权限", en: "check the path and who may read it" },
};
/// `CONFIG_INVALID`.
pub const CONFIG_INVALID: Row = Row {
    code: "CONFIG_INVALID",
    what_zh: "不是有效的配置",
    advice: Text {
        zh: "请按 --print-example 更正；出错之处见其后所列",
        en: "compare it with --print-example; where it is wrong stands beside",
    },
};
/// `LOG_LEVEL`.
pub const LOG_LEVEL: Row = Row {
    code: "LOG_LEVEL",
    what_zh: "log 的级别有误",
    advice: Text {
        zh: "请用 error、warn、info、debug、trace 或 off；某一模块的写作 模块=级别",
        en: "use error, warn, info, debug, trace or off, and module=level for a module's",
    },
};
/// `PUBLIC_KEY_FILE`.
pub const PUBLIC_KEY_FILE: Row = Row {
    code: "PUBLIC_KEY_FILE",
    what_zh: "文件不是 P-256 公钥（DER）",
    advice: Text { zh: "请核对是否为 .spki 文件", en: "look whether it is the .spki file" },
};
/// `LISTEN_ADDRESS`.
pub const LISTEN_ADDRESS: Row = Row {
    code: "LISTEN_ADDRESS",
    what_zh: "监听地址有误",
    advice: Text {
        zh: "请写成 地址:端口，如 127.0.0.1:8090",
        en: "write address:port, as in 127.0.0.1:8090",
    },
};
/// `LISTEN_NOT_LOOPBACK`.
pub const LISTEN_NOT_LOOPBACK: Row = Row {
    code: "LISTEN_NOT_LOOPBACK",
    what_zh: "闸机只在本机回环地址上监听：它不核对访问者身份",
    advice: Text {
        zh: "请改为 127.0.0.1 或 [::1]",
        en: "set 127.0.0.1 or [::1]: a gate asks nobody who they are",
    },
};
/// `LISTEN_IN_USE`.
pub const LISTEN_IN_USE: Row = Row {
    code: "LISTEN_IN_USE",
    what_zh: "监听地址已被另一进程占用",
    advice: Text {
        zh: "请停止该进程，或用 --listen（配置中的 listen）指定另一个端口",
        en: "end that process, or name another port with --listen (listen in the configuration)",
    },
};
/// `LISTEN_FAILED`.
pub const LISTEN_FAILED: Row = Row {
    code: "LISTEN_FAILED",
    what_zh: "无法在此地址上监听",
    advice: Text {
        zh: "请核对 --listen（配置中的 listen）：地址须为本机所有，1024 以下的端口须有权限",
        en: "look at --listen (listen in the configuration): the address has to be this machine's, and a port below 1024 takes a right of its own",
    },
};
/// `INPUT_FOLDER`.
pub const INPUT_FOLDER: Row = Row {
    code: "INPUT_FOLDER",
    what_zh: "--input 是目录",
    advice: Text {
        zh: "请给出扫码设备（如 /dev/ttyACM0）、管道、文件，或 - 表示标准输入",
        en: "name a scanner's device (as /dev/ttyACM0), a pipe, a file, or - for standard input",
    },
};
/// `CREDENTIAL_UNSET`.
pub const CREDENTIAL_UNSET: Row = Row {
    code: "CREDENTIAL_UNSET",
    what_zh: "未设置 SZID_CREDENTIAL",
    advice: Text {
        zh: "请将本设备的凭据放入该环境变量",
        en: "put the bearer credential of this device into that variable",
    },
};

/// All of them.
pub const ROWS: &[Row] = &[
    FILE_UNREAD,
    CONFIG_INVALID,
    LOG_LEVEL,
    PUBLIC_KEY_FILE,
    LISTEN_ADDRESS,
    LISTEN_NOT_LOOPBACK,
    LISTEN_IN_USE,
    LISTEN_FAILED,
    INPUT_FOLDER,
    CREDENTIAL_UNSET,
];
