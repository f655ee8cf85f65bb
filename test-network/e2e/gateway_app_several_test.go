package e2e_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Two gateway apps of the custodian work on one PostgreSQL, and the one that does the work is killed in the
// middle of it. The other takes its place when the leases have ended: every receipt is booked once, every
// event posted, every debt netted in one run, and each head of the access log anchored once.
func TestTwoProcessesOfAMemberDoEverythingOnce(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	s.ToRow(l, 1)
	twins := c.twinsOf(t, meridian)
	first := twins.app(t, 0)
	receiver := newReceiver(t)
	webhook := receiver.hearsFrom(t, first, twins.operator(t))

	const receipts, amount = 24, money.Minor(1_000)
	var sent []asked
	for range receipts {
		sent = append(sent, asked{
			method: http.MethodPost, path: "/v1/receipts", key: client.NewKey(),
			body: asJSON(t, map[string]any{"collection": contracttest.Pair, "items": []wire.Receipt{s.Receipt(l.ID(), amount)}}),
		})
	}
	twins.anchor(t)
	twins.book(t, sent)
	c.checkBooks(t)
	if paid := s.State(l).Paid.Total(); paid != receipts*amount {
		t.Errorf("%d is paid, want %d", paid, receipts*amount)
	}
	twins.takeOver(t, "outbox", "webhooks", "lane/netting")
	twins.net(t)
	twins.told(t, webhook, receiver)
	twins.anchored(t)
}

// twins are two processes of one member on one database.
type twins struct {
	*consortium
	member    string
	db        *store.DB
	folder    string
	urls      [2]string
	processes [2]*exec.Cmd
	killed    int // which of them was
	killedAt  time.Time
}

// twinsOf runs two gateway apps of a member until the test ends, under the settings of the network's own but
// for a database and a data folder of theirs, and an address of each.
func (c *consortium) twinsOf(t *testing.T, member string) *twins {
	t.Helper()
	tw := &twins{consortium: c, member: member, db: storetest.PostgreSQL(t), folder: t.TempDir()}
	for i := range tw.processes {
		tw.start(t, i)
	}
	return tw
}

func (tw *twins) start(t *testing.T, i int) {
	t.Helper()
	var settings map[string]any
	if err := json.Unmarshal(readFile(t, tw.gatewayFolder(tw.member, "settings.json")), &settings); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	settings["listen"], settings["database_url"] = address, storetest.Address(t, tw.db)
	settings["data_folder"] = filepath.Join(tw.folder, "data")
	settings["first_credentials_path"] = filepath.Join(tw.folder, "first-credentials.json")
	path := filepath.Join(tw.folder, fmt.Sprintf("settings-%d.json", i))
	if err := os.WriteFile(path, asJSON(t, settings), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(tw.consortium.folder("logs", fmt.Sprintf("%s-twin-%d.log", tw.member, i)))
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(tw.gatewayProgram(t), "serve", "--settings", path)
	process.Stdout, process.Stderr = log, log
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill() // it may be dead
		_ = process.Wait()         // it was killed
		_ = log.Close()
	})
	tw.urls[i], tw.processes[i] = "https://"+address, process
	tw.ready(t, i)
}

// freeAddress is one at which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

// app is one of the two, for the member's machine to call.
func (tw *twins) app(t *testing.T, i int) *client.Client {
	t.Helper()
	settings, files := tw.gatewayOf(t, tw.member), tw.machineFiles(t, tw.member)
	settings.URL, settings.CertificatePath, settings.KeyPath = tw.urls[i], files.CertPath, files.KeyPath
	return callerWith(t, settings)
}

func (tw *twins) ready(t *testing.T, i int) {
	t.Helper()
	if _, err := tw.app(t, i).Ready(within(t, patience)); err != nil {
		t.Fatalf("process %d of %s: %v", i, tw.member, err)
	}
}

// operator is the session's token of a custodian's operator, good at both.
func (tw *twins) operator(t *testing.T) string {
	t.Helper()
	var first struct{ User, Password string }
	if err := json.Unmarshal(readFile(t, filepath.Join(tw.folder, "first-credentials.json")), &first); err != nil {
		t.Fatal(err)
	}
	ctx := within(t, patience)
	administrator, err := tw.app(t, 0).SignIn(ctx, first.User, first.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.Send[struct {
		User     access.User
		Password string
	}](ctx, administrator, http.MethodPost, "/v1/users",
		map[string]any{"name": "operator", "roles": []access.Role{access.CustodianOperator}})
	if err != nil {
		t.Fatal(err)
	}
	posted[access.User](t, administrator, "/v1/users/"+made.User.ID+"/enrolments", struct{}{})
	own := client.NewKey()
	if _, err := tw.app(t, 0).SignInFirst(ctx, "operator", made.Password, own); err != nil {
		t.Fatal(err)
	}
	session, err := client.Send[struct{ Token string }](ctx, tw.app(t, 1).As(""), http.MethodPost, "/v1/sessions",
		map[string]string{"name": "operator", "password": own})
	if err != nil {
		t.Fatal(err)
	}
	return session.Token
}

// book sends writes to both, several at once, and kills the one that takes commands to the ledger when a third
// of them is answered.
func (tw *twins) book(t *testing.T, sent []asked) {
	t.Helper()
	queue, answered := make(chan int, len(sent)), make(chan struct{}, len(sent))
	for i := range sent {
		queue <- i
	}
	close(queue)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			for i := range queue {
				tw.ask(t, sent[i], i%2)
				answered <- struct{}{}
			}
		})
	}
	for range len(sent) / 3 {
		<-answered
	}
	tw.killHolder(t)
	group.Wait()
}

// ask sends one write until it is decided, to the other one when there is no answer.
func (tw *twins) ask(t *testing.T, a asked, at int) {
	ctx := within(t, patience)
	to := tw.lineTo(t, tw.member, true)
	for {
		to.base = tw.urls[at]
		got, err := to.send(ctx, a)
		var decided struct {
			Status  string
			Applied int
		}
		if err == nil && got.status == http.StatusOK && json.Unmarshal(got.body, &decided) == nil {
			if decided.Status != "committed" || decided.Applied != 1 {
				t.Errorf("the receipt became %s", got.body)
			}
			return
		}
		if err != nil {
			at = 1 - at
		}
		if !pause(ctx, 100*time.Millisecond) {
			t.Errorf("a receipt was not booked: %d %s, %v", got.status, got.body, err)
			return
		}
	}
}

// holderOf is which of the two holds a lease, by the address in its name.
func (tw *twins) holderOf(t *testing.T, lease string) int {
	t.Helper()
	var holder string
	if err := tw.db.QueryRowContext(t.Context(), `SELECT holder FROM store_lease WHERE name = $1`, lease).Scan(&holder); err != nil {
		t.Fatalf("who holds %s: %v", lease, err)
	}
	return slices.IndexFunc(tw.urls[:], func(url string) bool { return strings.HasSuffix(holder, strings.TrimPrefix(url, "https://")) })
}

func (tw *twins) killHolder(t *testing.T) {
	t.Helper()
	tw.killed = tw.holderOf(t, "outbox")
	if tw.killed < 0 {
		t.Fatal("neither of the two holds the outbox")
	}
	if err := tw.processes[tw.killed].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	tw.killedAt = time.Now()
}

// takeOver waits until the survivor has the leases of the dead one.
func (tw *twins) takeOver(t *testing.T, leases ...string) {
	t.Helper()
	ctx := within(t, patience)
	for _, lease := range leases {
		for tw.holderOf(t, lease) != 1-tw.killed {
			if !pause(ctx, 100*time.Millisecond) {
				t.Fatalf("%s after its holder's death, %s is still its", time.Since(tw.killedAt), lease)
			}
		}
		t.Logf("%s after the other's death, the survivor has %s", time.Since(tw.killedAt).Round(100*time.Millisecond), lease)
	}
}

// net has the survivor net everything that is owed.
func (tw *twins) net(t *testing.T) {
	t.Helper()
	ctx, app := within(t, patience), tw.app(t, 1-tw.killed)
	type run struct {
		Handle, Status string
		Netted         int
		Refused        []json.RawMessage
	}
	started, err := client.Send[run](ctx, app, http.MethodPost, "/v1/payout-runs", struct{}{})
	for err == nil && started.Status != "finished" && pause(ctx, 100*time.Millisecond) {
		started, err = client.Get[run](ctx, app, "/v1/payout-runs/"+started.Handle, nil)
	}
	if err != nil || started.Status != "finished" || started.Netted == 0 || len(started.Refused) > 0 {
		t.Errorf("the payout run is %+v, %v", started, err)
	}
	tw.checkBooks(t)
}

// told holds the deliveries against the feed: each of its rows came, signed, and came again only where its
// sender died before it could write down that it had come.
func (tw *twins) told(t *testing.T, webhook string, r *receiver) {
	t.Helper()
	const slots = 8 // that may be under way at once
	ctx := within(t, patience)
	app := tw.app(t, 1-tw.killed)
	ids := map[string]bool{}
	for pending := 1; pending > 0; {
		pending = 0
		clear(ids)
		for d, err := range client.List[struct {
			WebhookID string `json:"webhook_id"`
			Status    string
		}](ctx, app, "/v1/webhooks/"+webhook+"/deliveries", nil) {
			if err != nil {
				t.Fatal(err)
			}
			ids[d.WebhookID] = true
			if d.Status == "pending" {
				pending++
			}
		}
		if pending > 0 && !pause(ctx, 100*time.Millisecond) {
			t.Fatalf("%d deliveries are pending", pending)
		}
	}
	all := r.signed(t, func(delivery) bool { return true })
	seen := map[string]bool{}
	for _, d := range all {
		seen[d.id()] = true
	}
	if len(seen) != len(ids) || len(all) > len(seen)+slots {
		t.Errorf("%d deliveries of %d events, and the app knows of %d", len(all), len(seen), len(ids))
	}
}

// anchor has both anchor the access log at once, and again.
func (tw *twins) anchor(t *testing.T) {
	t.Helper()
	ctx := within(t, patience)
	var group sync.WaitGroup
	for i := range tw.processes {
		app := tw.app(t, i)
		group.Go(func() {
			for range 3 {
				if _, err := client.Send[struct{}](ctx, app, http.MethodPost, "/v1/audit-log/anchors", struct{}{}); err != nil {
					t.Errorf("anchor the access log: %v", err)
				}
			}
		})
	}
	group.Wait()
}

// anchored holds the anchors against the ledger, on which each head stands once and where the member's own
// command has put it: none was sent under two request ids.
func (tw *twins) anchored(t *testing.T) {
	t.Helper()
	var anchors, finished, transactions int
	const query = `SELECT COUNT(*), COUNT(*) FILTER (WHERE anchored_at <> ''), COUNT(DISTINCT NULLIF(tx_id, '')) FROM access_anchor`
	if err := tw.db.QueryRowContext(t.Context(), query).Scan(&anchors, &finished, &transactions); err != nil {
		t.Fatal(err)
	}
	if anchors == 0 || finished != anchors || transactions != anchors {
		t.Errorf("%d heads of the access log were stored and %d anchored, in %d transactions", anchors, finished, transactions)
	}
	holder := tw.holderOf(t, "task/anchoring of the access log")
	if holder < 0 {
		t.Error("neither of the two sees to the daily anchor")
	}
}
