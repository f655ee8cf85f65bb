package fakeledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
)

func keysOf(it shim.StateQueryIteratorInterface, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	var keys []string
	for it.HasNext() {
		kv, err := it.Next()
		if err != nil {
			return nil, err
		}
		if len(kv.GetValue()) == 0 || kv.GetNamespace() != "tallystick" {
			return nil, fmt.Errorf("%q has value %q in namespace %q", kv.GetKey(), kv.GetValue(), kv.GetNamespace())
		}
		keys = append(keys, kv.GetKey())
	}
	if _, err := it.Next(); err == nil {
		return nil, fmt.Errorf("an exhausted range has one more key")
	}
	return keys, it.Close()
}

func expect(want string, got []string, err error) error {
	if err == nil && strings.Join(got, ",") != want {
		err = fmt.Errorf("found %q, want %q", got, want)
	}
	return err
}

// composite writes simple keys a to e and composite keys beside them.
func composite(c channel) {
	c.put("a", "1", "b", "1", "c", "1", "d", "1", "e", "1")
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		for _, attributes := range [][]string{{"h", "1"}, {"h", "2"}, {"l", "1"}, {"h2", "1"}} {
			key, err := stub.CreateCompositeKey("loan", attributes)
			if err != nil {
				return err
			}
			if err := stub.PutState(key, []byte("1")); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestRanges(t *testing.T) {
	c := newChannel(t)
	composite(c)
	for name, r := range map[string]struct{ start, end, want string }{
		"start is in, end is out":   {"b", "d", "b,c"},
		"no bound, no composites":   {"", "", "a,b,c,d,e"},
		"open end":                  {"d", "", "d,e"},
		"open start":                {"", "c", "a,b"},
		"bounds that are no keys":   {"aa", "cc", "b,c"},
		"backwards":                 {"d", "b", ""},
		"of nothing":                {"x", "y", ""},
		"start and end are the key": {"b", "b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			newer := channel{c.Ledger, t}
			newer.submit(func(stub shim.ChaincodeStubInterface) error {
				got, err := keysOf(stub.GetStateByRange(r.start, r.end))
				return expect(r.want, got, err)
			})
		})
	}
	c.refused("null character", func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetStateByRange("\x00loan", "b")
		return err
	})
	c.refused("null character", func(stub shim.ChaincodeStubInterface) error {
		_, _, err := stub.GetStateByRangeWithPagination("a", "\x00", 1, "")
		return err
	})
}

func TestCompositeKeys(t *testing.T) {
	c := newChannel(t)
	composite(c)
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		got, err := keysOf(stub.GetStateByPartialCompositeKey("loan", []string{"h"}))
		if err != nil {
			return err
		}
		var ids []string
		for _, key := range got {
			kind, attributes, err := stub.SplitCompositeKey(key)
			if err != nil || kind != "loan" {
				return fmt.Errorf("%q splits into %q: %w", key, kind, err)
			}
			ids = append(ids, strings.Join(attributes, "/"))
		}
		return expect("h/1,h/2", ids, nil)
	})
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		// The range begins at the key itself, whatever the interface's own comment says.
		got, err := keysOf(stub.GetStateByPartialCompositeKey("loan", []string{"h", "1"}))
		return expect("\x00loan\x00h\x001\x00", got, err)
	})
	c.refused("not a valid utf8 string", func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetStateByPartialCompositeKey("loan", []string{"\xff"})
		return err
	})
	c.refused("not allowed in the input attribute of a composite key", func(stub shim.ChaincodeStubInterface) error {
		_, _, err := stub.GetStateByPartialCompositeKeyWithPagination("lo\x00an", nil, 1, "")
		return err
	})
}

func TestPages(t *testing.T) {
	c := newChannel(t)
	composite(c)
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		bookmark := ""
		for _, want := range []struct{ keys, bookmark string }{{"a,b", "c"}, {"c,d", "e"}, {"e", ""}} {
			it, meta, err := stub.GetStateByRangeWithPagination("", "", 2, bookmark)
			got, err := keysOf(it, err)
			if err := expect(want.keys, got, err); err != nil {
				return err
			}
			if meta.GetBookmark() != want.bookmark || int(meta.GetFetchedRecordsCount()) != len(got) {
				return fmt.Errorf("page %s ends with %v", want.keys, meta)
			}
			bookmark = meta.GetBookmark()
		}
		it, meta, err := stub.GetStateByRangeWithPagination("b", "d", 2, "")
		got, err := keysOf(it, err)
		if err == nil && meta.GetBookmark() != "" {
			return fmt.Errorf("a page that ends the range has bookmark %q", meta.GetBookmark())
		}
		return expect("b,c", got, err)
	})
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		it, meta, err := stub.GetAllStatesCompositeKeyWithPagination(3, "")
		got, err := keysOf(it, err)
		if err != nil || len(got) != 3 || meta.GetBookmark() == "" {
			return fmt.Errorf("a page of composites: %q %v %w", got, meta, err)
		}
		it, _, err = stub.GetStateByPartialCompositeKeyWithPagination("loan", []string{"h"}, 1, "")
		if got, err = keysOf(it, err); len(got) != 1 {
			return fmt.Errorf("a page of a partial key: %q", got)
		}
		return err
	})
}

func TestQueriesThatForbidWrites(t *testing.T) {
	c := newChannel(t)
	composite(c)
	paged := func(stub shim.ChaincodeStubInterface) error {
		_, _, err := stub.GetStateByRangeWithPagination("", "", 2, "")
		return err
	}
	private := func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetPrivateDataByRange(pair, "", "")
		return err
	}
	privateComposite := func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetPrivateDataByPartialCompositeKey(pair, "loan", nil)
		return err
	}
	writes := map[string]function{
		"value":         write("z", "1"),
		"deletion":      func(stub shim.ChaincodeStubInterface) error { return stub.DelState("a") },
		"policy":        func(stub shim.ChaincodeStubInterface) error { return stub.SetStateValidationParameter("a", nil) },
		"private value": func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData(pair, "z", []byte("1")) },
		"private purge": func(stub shim.ChaincodeStubInterface) error { return stub.PurgePrivateData(pair, "z") },
		"private policy": func(stub shim.ChaincodeStubInterface) error {
			return stub.SetPrivateDataValidationParameter(pair, "z", nil)
		},
	}
	for name, w := range writes {
		c.refused("Paginated queries are supported only in a read-only transaction", both(w, paged))
		c.refused("already performed a paginated query. Writes are not allowed", both(paged, w))
		for _, query := range []function{private, privateComposite} {
			c.refused("Queries on pvt data is supported only in a read-only transaction", both(w, query))
			c.refused("already performed queries on pvt data. Writes are not allowed", both(query, w))
		}
		if t.Failed() {
			t.Fatalf("with %s", name)
		}
	}
	c.submit(both(write("z", "1"), func(stub shim.ChaincodeStubInterface) error {
		_, _, err := stub.GetStateByRangeWithPagination("", "", 0, "") // no page, so a plain range
		return err
	}))
	c.refused("failed send batch", func(stub shim.ChaincodeStubInterface) error {
		stub.StartWriteBatch() // held back, so the query comes first
		if err := stub.PutState("y", []byte("1")); err != nil {
			return err
		}
		if err := private(stub); err != nil {
			return fmt.Errorf("the query was refused: %w", err)
		}
		return stub.FinishWriteBatch()
	})
}

func both(first, second function) function {
	return func(stub shim.ChaincodeStubInterface) error {
		if err := first(stub); err != nil {
			return err
		}
		return second(stub)
	}
}

func TestRichQueriesAndOtherChaincodesAreNotThere(t *testing.T) {
	c := newChannel(t)
	c.refused("ExecuteQuery not supported for leveldb", func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetQueryResult("{}")
		return err
	})
	c.refused("ExecuteQueryWithMetadata not supported for leveldb", func(stub shim.ChaincodeStubInterface) error {
		_, _, err := stub.GetQueryResultWithPagination("{}", 1, "")
		return err
	})
	c.refused("ExecuteQuery not supported for leveldb", func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetPrivateDataQueryResult(pair, "{}")
		return err
	})
	c.refused("chaincode definition for 'other' not found", func(stub shim.ChaincodeStubInterface) error {
		return fmt.Errorf("%s", stub.InvokeChaincode("other", nil, "").GetMessage())
	})
}

func TestALongRangeIsReadInBatches(t *testing.T) {
	const keys = 350
	c := newChannel(t)
	var pairs []string
	for i := range keys {
		pairs = append(pairs, fmt.Sprintf("k%03d", i), "1")
	}
	c.put(pairs...)
	first := c.endorse(both(func(stub shim.ChaincodeStubInterface) error {
		it, err := stub.GetStateByRange("k", "l")
		if err != nil {
			return err
		}
		_, err = it.Next()
		return err
	}, write("first", "1")))
	all := c.endorse(both(func(stub shim.ChaincodeStubInterface) error {
		got, err := keysOf(stub.GetStateByRange("k", "l"))
		if len(got) != keys || !slices.IsSorted(got) {
			return fmt.Errorf("read %d keys: %w", len(got), err)
		}
		return err
	}, write("all", "1")))
	c.put("k2005", "1")
	// The first read 101 keys on the peer, so what happened behind them is not its concern.
	sameVerdicts(t, c.Commit(first, all), fakeledger.Valid, fakeledger.PhantomReadConflict)
}
