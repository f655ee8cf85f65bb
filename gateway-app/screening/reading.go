package screening

import (
	"slices"

	"github.com/mozillazg/go-pinyin"
)

// singleReadings are the surnames whose reading as a surname is not the character's usual one, or that
// have two. The first is the one that the standard dictionaries give for the surname.
var singleReadings = map[string][]string{
	"单": {"shan"}, "仇": {"qiu"}, "查": {"zha"}, "解": {"xie"}, "区": {"ou"}, "曾": {"zeng"}, "任": {"ren"},
	"华": {"hua"}, "朴": {"piao", "pu"}, "盖": {"ge", "gai"}, "覃": {"qin", "tan"}, "翟": {"zhai", "di"},
	"乐": {"yue", "le"}, "缪": {"miao"}, "纪": {"ji"}, "冼": {"xian"}, "洗": {"xian"}, "黑": {"he", "hei"},
	"员": {"yun"}, "秘": {"bi"}, "隗": {"wei", "kui"}, "宓": {"mi", "fu"}, "折": {"she"}, "种": {"chong"},
	"繁": {"po"}, "牟": {"mu", "mou"}, "句": {"gou"}, "阚": {"kan"}, "郗": {"xi", "chi"}, "能": {"nai"},
	"祭": {"zhai", "ji"}, "燕": {"yan"}, "葛": {"ge"}, "尉": {"wei", "yu"}, "晁": {"chao"}, "召": {"shao"},
	"钭": {"tou"}, "那": {"na"}, "佴": {"nai"}, "车": {"che"}, "石": {"shi"}, "盛": {"sheng"}, "沈": {"shen"},
	"干": {"gan"}, "过": {"guo"}, "肖": {"xiao"}, "宁": {"ning"}, "谌": {"chen", "shen"}, "臧": {"zang"},
	"尹": {"yin"}, "尧": {"yao"}, "行": {"xing"}, "褚": {"chu"}, "柏": {"bai", "bo"}, "薄": {"bo"}, "贾": {"jia"},
	"撒": {"sa"}, "莘": {"shen", "xin"}, "哈": {"ha"}, "戴": {"dai"},
	"吕": {"lv"}, "闾": {"lv"}, "郇": {"xun", "huan"}, "逄": {"pang"}, "麦": {"mai"}, "幺": {"yao"}, "卜": {"bu"},
	"呙": {"guo"}, "强": {"qiang", "jiang"}, "应": {"ying"}, "占": {"zhan"}, "相": {"xiang"},
	"冯": {"feng"}, "俞": {"yu"}, "叶": {"ye"}, "万": {"wan"}, "谷": {"gu"},
}

// compoundReadings are the surnames of two characters that are in use.
var compoundReadings = map[string][]string{
	"欧阳": {"ouyang"}, "司马": {"sima"}, "上官": {"shangguan"}, "诸葛": {"zhuge"}, "司徒": {"situ"},
	"东方": {"dongfang"}, "独孤": {"dugu"}, "南宫": {"nangong"}, "夏侯": {"xiahou"}, "尉迟": {"yuchi"},
	"皇甫": {"huangfu"}, "公孙": {"gongsun"}, "慕容": {"murong"}, "令狐": {"linghu"}, "长孙": {"zhangsun"},
	"宇文": {"yuwen"}, "司空": {"sikong"}, "端木": {"duanmu"}, "轩辕": {"xuanyuan"}, "百里": {"baili"},
	"呼延": {"huyan"}, "东郭": {"dongguo"}, "澹台": {"tantai"}, "濮阳": {"puyang"}, "太史": {"taishi"},
	"申屠": {"shentu"}, "公冶": {"gongye"}, "宗政": {"zongzheng"}, "完颜": {"wanyan"}, "万俟": {"moqi"},
	"闻人": {"wenren"}, "赫连": {"helian"}, "钟离": {"zhongli"}, "鲜于": {"xianyu"}, "闾丘": {"lvqiu"},
	"亓官": {"qiguan"}, "仲孙": {"zhongsun"}, "叔孙": {"shusun"}, "西门": {"ximen"}, "单于": {"chanyu"},
	"淳于": {"chunyu"}, "公羊": {"gongyang"}, "欧冶": {"ouye"}, "第五": {"diwu"}, "拓跋": {"tuoba"},
}

// usualReadings are the ways to read a surname as any other word, which whoever writes a list may not know better
// than: Dān for 单, Wèichí for 尉迟. Two names in characters are never the same by them.
func usualReadings(surname string) []string {
	usual := ""
	for _, r := range surname {
		usual += syllables(r)[0]
	}
	if usual == "" || slices.Contains(surnameReadings(surname), usual) {
		return nil
	}
	return []string{usual}
}

// mostReadings bounds how many readings of a given name are compared: a third heteronym of a rare
// character would only multiply the work.
const mostReadings = 8

func surnameReadings(surname string) []string {
	if found := compoundReadings[surname]; found != nil {
		return found
	}
	if found := singleReadings[surname]; found != nil {
		return found
	}
	return givenReadings(surname)
}

// givenReadings are the ways to read some characters, joined, the usual one first. A character without a
// known reading stands for itself.
func givenReadings(han string) []string {
	all := []string{""}
	for _, r := range han {
		var longer []string
		for _, syllable := range syllables(r) {
			for _, head := range all {
				longer = append(longer, head+syllable)
			}
		}
		all = longer[:min(len(longer), mostReadings)]
	}
	return all
}

func syllables(r rune) []string {
	args := pinyin.NewArgs()
	args.Heteronym = true
	found := pinyin.SinglePinyin(r, args)
	if len(found) == 0 {
		return []string{string(r)}
	}
	var unique []string
	for _, syllable := range found {
		if syllable = plainLetters(syllable); !slices.Contains(unique, syllable) {
			unique = append(unique, syllable)
		}
	}
	return unique
}
