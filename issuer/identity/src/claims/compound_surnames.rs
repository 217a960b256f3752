//! Surnames of two characters, which a mask must not cut in half.

/// Those of the Hundred Family Surnames and what is common beside them, in simplified characters and, where
/// they differ, in traditional ones.
const COMPOUND_SURNAMES: &[&str] = &[
    "万俟", "司马", "上官", "欧阳", "夏侯", "诸葛", "闻人", "东方", "赫连", "皇甫", "尉迟", "公羊",
    "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔", "申屠", "公孙", "仲孙", "轩辕", "令狐",
    "钟离", "宇文", "长孙", "慕容", "鲜于", "闾丘", "司徒", "司空", "亓官", "司寇", "子车", "颛孙",
    "端木", "巫马", "公西", "漆雕", "乐正", "壤驷", "公良", "拓跋", "夹谷", "宰父", "谷梁", "段干",
    "百里", "东郭", "南门", "呼延", "羊舌", "微生", "梁丘", "左丘", "东门", "西门", "南宫", "第五",
    "独孤", "叔孙", "完颜", "贺兰", "纳兰", "耶律", "萬俟", "司馬", "歐陽", "諸葛", "聞人", "東方",
    "赫連", "尉遲", "澹臺", "濮陽", "單于", "公孫", "仲孫", "軒轅", "鍾離", "鐘離", "長孫", "鮮于",
    "閭丘", "子車", "顓孫", "巫馬", "樂正", "壤駟", "夾谷", "穀梁", "東郭", "南門", "東門", "西門",
    "南宮", "獨孤", "叔孫", "完顏", "賀蘭", "納蘭",
];

/// Whether a name that begins with these characters begins with such a surname.
pub(super) fn is_compound_surname(first_two: &str) -> bool {
    COMPOUND_SURNAMES.contains(&first_two)
}
