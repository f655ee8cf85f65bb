package reminder

import (
	"embed"
	"fmt"
	"html/template"
	"strings"
	texttemplate "text/template"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/mail"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Language is in which a borrower is spoken to.
type Language string

// The languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// Valid reports whether there are texts in it.
func (l Language) Valid() bool { return l == Chinese || l == English }

// letters holds the texts: of each occasion and language one as text, with the subject in its first line, and one as HTML.
//
//go:embed letters
var letters embed.FS

var (
	texts = texttemplate.Must(texttemplate.ParseFS(letters, "letters/*.txt"))
	pages = template.Must(template.ParseFS(letters, "letters/*.html"))
)

// words are what the texts may say. An amount is never in the first line of a text, which becomes the subject.
type words struct {
	Name   string // of the platform
	Number int    // of the instalment
	Of     int
	Due    string
	Amount string // left of the instalment
	All    string // past due in all, penalty with it
	Late   int    // days
	Loan   string // the loan's id
	OptOut string // the link; none in what opting out does not end
}

// letter writes the message of a reminder.
func (r *Reminders) letter(w waiting, a asked, address string) (mail.Message, error) {
	language := w.language
	if !language.Valid() {
		language = r.settings.Language
	}
	name := "before." + string(language)
	say := words{
		Name: r.settings.Name, Number: a.number, Of: a.of, Due: dayIn(w.DueOn, language), Loan: w.Loan,
		Amount: amountIn(a.currency, a.row, language), All: amountIn(a.currency, a.all, language), Late: calendar.Days(w.DueOn, a.today),
	}
	if w.Days > 0 {
		name = "after." + string(language)
	}
	if w.Days < 0 || r.settings.OptOutCoversOverdue {
		say.OptOut = r.settings.PublicURL + LinkPath + r.token(w.Party, Email)
	}
	var text, page strings.Builder
	if err := texts.ExecuteTemplate(&text, name+".txt", say); err != nil {
		return mail.Message{}, fmt.Errorf("write a reminder: %w", err)
	}
	if err := pages.ExecuteTemplate(&page, name+".html", say); err != nil {
		return mail.Message{}, fmt.Errorf("write a reminder: %w", err)
	}
	subject, body, _ := strings.Cut(text.String(), "\n")
	at, err := store.ParseTime(w.MadeAt)
	return mail.Message{
		Key: w.ID, To: address, Subject: subject, Language: string(language), Text: strings.TrimLeft(body, "\n"), HTML: page.String(),
		Unsubscribe: say.OptOut, At: at,
	}, err
}

var months = [...]string{
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
}

// dayIn writes a day as people do.
func dayIn(d calendar.Date, l Language) string {
	year, month, day := d.Civil()
	if l == Chinese {
		return fmt.Sprintf("%d年%d月%d日", year, month, day)
	}
	return fmt.Sprintf("%d %s %d", day, months[month-1], year)
}

// amountIn writes an amount with its thousands apart, and the yuan by its sign.
func amountIn(c money.Currency, amount money.Minor, l Language) string {
	plain := c.Format(amount)
	digits, fraction, decimal := strings.Cut(plain, ".")
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if decimal {
		digits += "." + fraction
	}
	switch {
	case c != money.CNY:
		return sign + string(c) + " " + digits
	case l == Chinese:
		return sign + digits + "元"
	}
	return sign + "¥" + digits
}

// Page is what a link opens: it asks, or says that it is done. Following a link alone changes nothing, because programs
// follow links too.
func (r *Reminders) Page(language Language, done bool) (string, error) {
	var page strings.Builder
	name := "opt-out." + string(language) + ".html"
	said := struct{ Done, Overdue bool }{done, r.settings.OptOutCoversOverdue}
	if err := pages.ExecuteTemplate(&page, name, said); err != nil {
		return "", fmt.Errorf("write the page that opts out: %w", err)
	}
	return page.String(), nil
}
