package ledger

import (
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// memory is what the ledger knows of a request id: nothing, or the answer that it got.
type memory struct {
	key      string
	digest   string
	answered string // the remembered answer; empty when the id is new
}

// recall looks a request id up. The same id with the same function and body gets the remembered answer,
// byte for byte; with another of either it is refused. The digest is taken over the function's name and
// the body as it was sent, which in a private command contains the request's salt.
func (tx *Tx) recall(id string, raw []byte) (memory, error) {
	m := memory{key: wire.RequestKey(id), digest: wire.RequestDigest(tx.Function.Name, raw)}
	before, exists, err := Get[wire.Remembered](tx, tx.Collection, m.key)
	if err != nil || !exists {
		return m, err
	}
	if before.Digest != m.digest {
		return m, fault.In(fault.RequestIDReused, "id")
	}
	text, err := wire.Encode(before.Answer)
	if err != nil {
		return m, defect("encode the remembered answer", err)
	}
	m.answered = string(text)
	return m, nil
}

// keep remembers the answer and who approved, and writes it down.
func (m memory) keep(tx *Tx, answer wire.Answer) (string, error) {
	remembered := wire.Remembered{Version: wire.Version, Digest: m.digest, Answer: answer, Approvals: tx.approved}
	if tx.Collection != "" {
		remembered.Salt = tx.Salt(tx.Collection, m.key)
	}
	if err := Put(tx, tx.Collection, m.key, remembered); err != nil {
		return "", err
	}
	text, err := wire.Encode(answer)
	if err != nil {
		return "", defect("encode the answer", err)
	}
	return string(text), nil
}
