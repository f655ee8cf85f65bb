package dataset_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

// A schema that leaves a mark off is refused by the column's name, with what to do about it.
func TestColumnsNamedAfterWhatIsProtectedNeedTheirMark(t *testing.T) {
	for _, name := range []string{
		"AGE", "SEX", "MARRIAGE", "客户性别", "婚姻状况", "客户年龄", "民族成分", "foreign_worker", "personal_status", "nation",
		"husband", "agegroup", "yearofbirth", "ａｇｅ",
	} {
		file := strings.Replace(small, `"name": "debt", "kind": "number"`, `"name": "`+name+`", "kind": "number"`, 1)
		file = strings.ReplaceAll(file, `"debt"`, `"`+name+`"`)
		var unmarked dataset.UnmarkedError
		_, err := dataset.ParseSchema([]byte(file))
		if !errors.As(err, &unmarked) || unmarked.Field != name || !strings.Contains(err.Error(), `"protected": true`) {
			t.Errorf("%s: %v", name, err)
		}
		marked := strings.Replace(file, `"name": "`+name+`"`, `"protected": true, "name": "`+name+`"`, 1)
		if _, err := dataset.ParseSchema([]byte(marked)); err != nil {
			t.Errorf("%s, marked: %v", name, err)
		}
	}
	ignored := strings.Replace(small, `"name": "id"`, `"name": "age"`, 1)
	if _, err := dataset.ParseSchema([]byte(ignored)); err != nil {
		t.Errorf("age, ignored: %v", err)
	}
}

// A feature cannot give the name of what is protected to what is not made of it.
func TestFeaturesNamedAfterWhatIsProtectedAreRefused(t *testing.T) {
	var unmarked dataset.UnmarkedError
	_, err := dataset.ParseSchema([]byte(strings.Replace(small, `"name": "most"`, `"name": "agegroup"`, 1)))
	if !errors.As(err, &unmarked) || unmarked.Field != "agegroup" {
		t.Errorf("a feature agegroup of income and debt: %v", err)
	}
}

// A schema that no file was parsed for is held to the same.
func TestInputsNamedAfterWhatIsProtectedAreRefused(t *testing.T) {
	schema := parse(t, small)
	for i := range schema.Columns {
		schema.Columns[i].Protected = false
	}
	var unmarked dataset.UnmarkedError
	if err := schema.CheckInputs([]string{"income", "sex"}); !errors.As(err, &unmarked) || unmarked.Field != "sex" {
		t.Errorf("sex without its mark as an input: %v", err)
	}
}
