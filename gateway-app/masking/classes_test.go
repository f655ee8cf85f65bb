package masking_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/masking"
	"github.com/tallystick/tallystick/gateway-app/store"
)

const classesHead = `# Data classes

Written by a test from the migrations and from the table of masking; ` + "`go test ./gateway-app/masking -update`" + ` writes it anew.

Every column of a member's database has one of four classes, which its migration declares. A column
without one is refused. The trade's four grades stand behind them; national standards speak of five
levels of financial data (JR/T 0197) and three classes of personal financial information (JR/T 0171).

| class | what it is | how it is kept |
|---|---|---|
| public | on the public ledger anyway | as it is |
| internal | the member's staff and its processes | as it is |
| secret | about a customer's business; of a person: name, phone, address | personal values sealed by the vault, field by field |
| top secret | identity numbers, bank accounts, documents, keys | sealed by the vault, or only as a keyed hash |

Sealed means: under a data key of the vault, with table, row and column as associated data
(AES-256-GCM, or SM4-GCM by setting). Data keys are wrapped by the master key, whose file has mode 0600.
Look-ups go through blind indexes, HMACs under a key of their own.
`

// classesEnd says what cannot be read off the tables.
const classesEnd = `
## Erasure

A person who asks for erasure is restricted at once: the record is changed and used no more, and is
still screened, as the law asks. It is purged when every duty to keep it has ended (ten years after the
relation for the anti-money-laundering law, contracts, litigation, orders), no legal hold stands, and the
custodian and the regulator have each given their authority, recorded by two people. A member's
authority is signed with its key over this text in canonical JSON (RFC 8785):

` + "```" + `json
{"kind":"custodian","member":"…","person":"…","purpose":"tallystick purge authority","reference":"…","requested_at":"…","version":"1"}
` + "```" + `

The purge deletes the sealed fields and their indexes, the documents with their keys, the case and the
screening, and leaves a receipt signed with the member's key (ECDSA P-256) that names nobody. The
ledger's commitments and postings stay, under a pseudonym. What is left in freed pages and backups is
sealed; it ends when the data keys that sealed it are retired, at the earliest a day after a rotation.
`

// TestDataClassesPage holds the page of data classes against migrations and masking.
func TestDataClassesPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(classesHead)
	b.WriteString("\n## Who sees what\n\nOf a value that is shown at all: whole, masked (110101********1234, 138****5678, 张*, ****1234), or not.\n\n")
	b.WriteString("| role | public | internal | secret | top secret |\n|---|---|---|---|---|\n")
	for _, role := range masking.Roles() {
		fmt.Fprintf(&b, "| %s ", role)
		for class := store.Public; class <= store.TopSecret; class++ {
			fmt.Fprintf(&b, "| %s ", masking.ViewOf(class, role))
		}
		b.WriteString("|\n")
	}
	b.WriteString("\n`own` is a customer towards the record about itself.\n" + classesEnd)
	writeTables(&b)
	golden(t, "../../docs/data-classes.md", b.String())
}

func writeTables(b *strings.Builder) {
	b.WriteString("\n## Every column\n\n| table | column | class |\n|---|---|---|\n")
	classes := store.Classes()
	for _, table := range slices.Sorted(maps.Keys(classes)) {
		for _, column := range slices.Sorted(maps.Keys(classes[table])) {
			fmt.Fprintf(b, "| %s | %s | %s |\n", table, column, classes[table][column])
		}
	}
}

// Personal values are where the grades say: a card or a number is top secret, whoever adds the column.
func TestPersonalColumnsAreGraded(t *testing.T) {
	for table, columns := range store.Classes() {
		for column, class := range columns {
			switch column {
			case "identity_number", "bank_account", "identity_index", "phone_index", "sealed_key", "wrapped":
				if class != store.TopSecret {
					t.Errorf("%s.%s is %s", table, column, class)
				}
			case "phone", "email", "address":
				if class < store.Secret {
					t.Errorf("%s.%s is %s", table, column, class)
				}
			}
		}
	}
	if len(store.Classes()["person"]) == 0 {
		t.Error("the table of people has no classes: are the migrations read?")
	}
}
