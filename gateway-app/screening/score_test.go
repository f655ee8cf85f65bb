package screening

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tallystick/tallystick/core/fault"
)

// Pairs of names as lists and identity cards write them: the score and the rule that gives it.
func TestScores(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int64
		rule Rule
	}{
		{"张三", "张三", 1_000_000, SameCharacters},
		{"張麗華", "张丽华", 1_000_000, SameCharacters},
		{"張 麗·華", "张丽华", 1_000_000, SameCharacters},
		{"區國強", "区国强", 1_000_000, SameCharacters},
		{"伟张", "张伟", 950_000, CharactersSwapped},
		{"娜娜欧阳", "欧阳娜娜", 950_000, CharactersSwapped},
		{"单田芳", "Shan Tianfang", 950_000, SamePinyin},
		{"單田芳", "SHÀN TIÁN FĀNG", 950_000, SamePinyin},
		{"单田芳", "Tianfang Shan", 930_000, PinyinSwapped},
		{"仇英", "Qiu Ying", 950_000, SamePinyin},
		{"查良镛", "Zha Liangyong", 950_000, SamePinyin},
		{"解缙", "Xie Jin", 950_000, SamePinyin},
		{"区大相", "Ou Daxiang", 950_000, SamePinyin},
		{"曾国藩", "Guo-fan ZENG", 930_000, PinyinSwapped},
		{"尉迟恭", "Yuchi Gong", 950_000, SamePinyin},
		{"万俟卨", "Moqi Xie", 950_000, SamePinyin},
		{"吕布", "Lü Bu", 950_000, SamePinyin},
		{"呂布", "LYU BU", 950_000, SamePinyin},
		{"翟天临", "Di Tianlin", 950_000, SamePinyin},
		{"张伟", "章炜", 900_000, Homophone},
		{"Zhang Wei", "ZHANG, Wei", 1_000_000, SameLatin},
		{"Wei Zhang", "Zhang Wei", 980_000, LatinSwapped},
		{"José García", "jose garcia", 1_000_000, SameLatin},
	} {
		if got, rule := Score(ParseName(c.a), ParseName(c.b)); got != c.want || rule != c.rule {
			t.Errorf("%s and %s: %d by %s, want %d by %s", c.a, c.b, got, rule, c.want, c.rule)
		}
		if there, back := first(Score(ParseName(c.a), ParseName(c.b))), first(Score(ParseName(c.b), ParseName(c.a))); there != back {
			t.Errorf("%s and %s: %d there and %d back", c.a, c.b, there, back)
		}
	}
}

func first(score int64, _ Rule) int64 { return score }

// What a slip changes is still a hit; what is another name is none.
func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		a, b string
		hit  bool
	}{
		{"Zhang Weiming", "Zhang Weimin", true},
		{"张卫明", "Zhang Weimin", true},
		{"Mohammed al Rashid", "Mohamed al-Rashid", true},
		{"欧阳娜娜", "Ouyang Nana", true},
		{"单田芳", "Dan Tianfang", true}, // 单 is Shàn as a surname, which who wrote the list need not know
		{"单田芳", "丹田芳", false},
		{"张三", "李四", false},
		{"张伟", "王伟", false},
		{"张伟明", "张志强", false},
		{"Zhang Wei", "Wang Lei", false},
		{"张三", "", false},
	} {
		score, rule := Score(ParseName(c.a), ParseName(c.b))
		if (score >= DefaultThresholdPPM) != c.hit {
			t.Errorf("%s and %s: %d by %s", c.a, c.b, score, rule)
		}
		if score < 0 || score > full {
			t.Errorf("%s and %s: a score of %d", c.a, c.b, score)
		}
	}
}

func TestBirthWeighs(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int64
	}{
		{"", "1970-01-02", 1_000_000},
		{"1970-01-02", "1970-01-02", 1_000_000},
		{"1970-01-02", "1970", 1_000_000},
		{"1970-01-02", "1970-02-01", 950_000},
		{"1970-01-02", "1971", 800_000},
		{"1970-01-02", "1975-01-02", 800_000},
	} {
		if got := weighBirth(full, c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// The table of characters is whole: one character to one other, none twice.
func TestTraditionalTable(t *testing.T) {
	seen, lines := map[rune]bool{}, 0
	for line := range strings.Lines(traditionalPairs) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		lines++
		from, _ := utf8.DecodeRuneInString(line)
		if utf8.RuneCountInString(line) != 2 || seen[from] {
			t.Errorf("%q is no pair, or a second one", line)
		}
		seen[from] = true
	}
	if lines < 3000 || len(simplified()) != lines {
		t.Errorf("%d lines, %d pairs", lines, len(simplified()))
	}
	if got := Simplify("陳劉鄭龔蕭趙錢孫"); got != "陈刘郑龚萧赵钱孙" {
		t.Errorf("simplified %s", got)
	}
}

func TestListsAreReadWhole(t *testing.T) {
	entries, err := ReadList(strings.NewReader("\xef\xbb\xbfname,extra,Number,aliases,born,program\n\"張三\",x,1,Zhang San; ZS ,1970-12-31,A\nLi Si,,2,,1980,\n"))
	if err != nil || len(entries) != 2 || len(entries[0].Aliases) != 2 || entries[1].Born != "1980" {
		t.Errorf("read %+v, %v", entries, err)
	}
	for what, text := range map[string]string{
		"nothing": "", "no number": "name\nx\n", "an empty name": "number,name\n1,\n", "a name of signs": "number,name\n1,--\n",
		"an empty number": "number,name\n,x\n", "a bad date": "number,name,born\n1,x,12.3.1970\n",
		"a line too short": "number,name\n1\n", "an open quote": "number,name\n1,\"x\n",
	} {
		if _, err := ReadList(strings.NewReader(text)); err == nil {
			t.Errorf("%s was read as a list", what)
		}
	}
}

// A list that is refused says where, without a word of what stands there.
func TestAListSaysWhereItIsWrong(t *testing.T) {
	const head = "number,name,born\n1,張三豐,\n"
	for text, want := range map[string][]Mistake{
		"":                          {{"header", 1, 0, "there is nothing: begin with a line of number,name"}},
		"name,born\n":               {{"header.number", 1, 0, "the header has no column of this name"}},
		"number,name, Name\n":       {{"header.name", 1, 13, "a column of this name was there before"}},
		"number,na\"me\n":           {{"header", 1, 10, `a quote inside a field, or one that is not closed: write " inside one as ""`}},
		head + "\n2,x,1970-13\n":    {{"entries[1].born", 4, 5, "neither a date such as 1970-12-31 nor a year"}},
		head + "2,x,1999-13-77\n":   {{"entries[1].born", 3, 5, "neither a date such as 1970-12-31 nor a year"}},
		head + "2,x,2023-02-29\n":   {{"entries[1].born", 3, 5, "neither a date such as 1970-12-31 nor a year"}},
		head + "2,x,0000\n":         {{"entries[1].born", 3, 5, "neither a date such as 1970-12-31 nor a year"}},
		head + "\"2\n3\",--,1970\n": {{"entries[1].name", 4, 4, "no name that can be compared"}},
		head + "2,x\n,y,1970\n": {
			{"entries[1]", 3, 0, "another number of fields than the header"}, {"entries[2].number", 4, 1, "no number"},
		},
		head + ",,x\n": {
			{"entries[1].number", 3, 1, "no number"},
			{"entries[1].name", 3, 2, "no name that can be compared"},
			{"entries[1].born", 3, 3, "neither a date such as 1970-12-31 nor a year"},
		},
		head + "2,\"x,1970\n3,y,\n":        {{"entries[1]", 3, 0, "a quote of this line is not closed"}},
		head + "2,\xd5\xc5\xc8\xfd,1970\n": {{"entries[1].name", 3, 3, "not UTF-8: save the list in this encoding"}},
		head + "2,\"x,1970\n":              {{"entries[1]", 3, 11, `a quote inside a field, or one that is not closed: write " inside one as ""`}},
	} {
		_, err := ReadList(strings.NewReader(text))
		var got *ListError
		if !errors.As(err, &got) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if !slices.Equal(got.Mistakes, want) {
			t.Errorf("%q: %+v, want %+v", text, got.Mistakes, want)
		}
		if f := fault.Of(err); f.Code != fault.InvalidField || f.Field != want[0].Field {
			t.Errorf("%q is refused as %v", text, f)
		}
	}
}

// Of a list in another format not every line is told.
func TestAListTellsItsFirstMistakesOnly(t *testing.T) {
	_, err := ReadList(strings.NewReader("number,name\n" + strings.Repeat(",x\n", 100)))
	var got *ListError
	if !errors.As(err, &got) || len(got.Mistakes) != mostMistakes || got.Mistakes[31].Line != 33 {
		t.Errorf("told %v", err)
	}
}

func BenchmarkCompare(b *testing.B) {
	s := &Screening{threshold: DefaultThresholdPPM}
	var entries []preparedEntry
	for i := range 1000 {
		text := string(rune(0x4e00+i*7)) + string(rune(0x5000+i*3)) + string(rune(0x6000+i*5))
		entries = append(entries, preparedEntry{names: []Name{ParseName(text)}})
	}
	for b.Loop() {
		s.compare(entries, Subject{ID: "p", Name: "单田芳"})
	}
}
