package pseudonym

import (
	"github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/oprf"
	"github.com/cloudflare/circl/zk/dleq"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Point is a blinded point for one application. Attempt counts the platform's tries, from 1: a number that
// was mistyped at first makes another point.
type Point struct {
	Party   string `json:"party" doc:"the party's handle"`
	Attempt int    `json:"attempt" minimum:"1" doc:"the platform's try, from 1"`
	Element []byte `json:"element" doc:"compressed point on P-256"`
}

// Points is what a platform deposits with the regulator, or has evaluated by the custodian.
type Points struct {
	Epoch      int     `json:"epoch" minimum:"1"`
	Collection string  `json:"collection"`
	Points     []Point `json:"points" minItems:"1" maxItems:"500"`
}

// Evaluation answers points in their order, with one proof that all were multiplied by the same key.
type Evaluation struct {
	KeyID    string   `json:"key_id"`
	Elements [][]byte `json:"elements" doc:"compressed points on P-256"`
	Proof    []byte   `json:"proof" doc:"RFC 9497, section 2.2: challenge and response"`
}

// Claim names a deposited point.
type Claim struct {
	Party   string `json:"party"`
	Attempt int    `json:"attempt" minimum:"1"`
}

// Claims is what the custodian asks the regulator for.
type Claims struct {
	Epoch      int     `json:"epoch" minimum:"1"`
	Collection string  `json:"collection"`
	Claims     []Claim `json:"claims" minItems:"1" maxItems:"500"`
}

// Collected is the regulator's answer: the points as the platform deposited them, and their evaluation.
type Collected struct {
	Deposited  [][]byte   `json:"deposited"`
	Evaluation Evaluation `json:"evaluation"`
}

// Opening is the platform's commitment to an application's number: the blind of the point that it
// deposited, encrypted so that it opens for whoever knows the same number.
type Opening struct {
	Party   string `json:"party"`
	Attempt int    `json:"attempt" minimum:"1"`
	Sealed  []byte `json:"sealed"`
}

// Openings asks the custodian to link applications.
type Openings struct {
	Epoch      int       `json:"epoch" minimum:"1"`
	Collection string    `json:"collection"`
	Openings   []Opening `json:"openings" minItems:"1" maxItems:"500"`
}

// Result is what became of one application. It never carries the pseudonym.
type Result struct {
	Party   string       `json:"party"`
	Linked  bool         `json:"linked"`
	Refusal *fault.Fault `json:"refusal,omitempty"`
}

// Batch is the most applications that one call may carry.
const Batch = 500

// size refuses a call with nothing in it, or with too much.
func size(n int) error {
	switch {
	case n == 0:
		return fault.New(fault.BatchEmpty)
	case n > Batch:
		return fault.New(fault.BatchTooLarge)
	}
	return nil
}

// distinct refuses a handle that is none, and one that is named twice.
func distinct(seen map[string]bool, handle string, i int) error {
	if !wire.IsHandle(handle) || seen[handle] {
		return fault.In(fault.InvalidField, "party").At(i)
	}
	seen[handle] = true
	return nil
}

// decode reads points of the curve. The point at infinity is refused: it would tell nothing of a number
// and everything of carelessness.
func decode(raw [][]byte) ([]group.Element, error) {
	elements := make([]group.Element, len(raw))
	for i, text := range raw {
		e := suite.Group().NewElement()
		if err := e.UnmarshalBinary(text); err != nil || e.IsIdentity() {
			return nil, fault.In(fault.InvalidField, "element").At(i)
		}
		elements[i] = e
	}
	return elements, nil
}

func encode(elements []group.Element) ([][]byte, error) {
	raw := make([][]byte, len(elements))
	for i, e := range elements {
		text, err := e.MarshalBinaryCompress()
		if err != nil {
			return nil, err
		}
		raw[i] = text
	}
	return raw, nil
}

// evaluate multiplies points by a key, and proves it.
func evaluate(k *key, raw [][]byte) (Evaluation, error) {
	elements, err := decode(raw)
	if err != nil {
		return Evaluation{}, err
	}
	answer, err := oprf.NewVerifiableServer(suite, k.private).Evaluate(&oprf.EvaluationRequest{Elements: elements})
	if err != nil {
		return Evaluation{}, err
	}
	out := Evaluation{KeyID: k.id}
	if out.Elements, err = encode(answer.Elements); err != nil {
		return Evaluation{}, err
	}
	out.Proof, err = answer.Proof.MarshalBinary()
	return out, err
}

// finalize checks an evaluation's proof against a pinned key and unblinds it.
func finalize(pinned PublicKey, data *oprf.FinalizeData, e Evaluation) ([][]byte, error) {
	public, err := readPoint(pinned)
	if err != nil {
		return nil, err
	}
	if e.KeyID != pinned.KeyID {
		return nil, fault.In(fault.CommitmentMismatch, "key_id")
	}
	elements, err := decode(e.Elements)
	if err != nil {
		return nil, err
	}
	proof := new(dleq.Proof)
	if len(e.Proof) != 2*int(suite.Group().Params().ScalarLength) {
		return nil, fault.In(fault.InvalidField, "proof")
	}
	if err := proof.UnmarshalBinary(suite.Group(), e.Proof); err != nil {
		return nil, fault.In(fault.InvalidField, "proof")
	}
	outputs, err := oprf.NewVerifiableClient(suite, public).Finalize(data, &oprf.Evaluation{Elements: elements, Proof: proof})
	if err != nil {
		return nil, fault.In(fault.SignatureInvalid, "proof")
	}
	return outputs, nil
}
