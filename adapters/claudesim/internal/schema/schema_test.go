package schema_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim/internal/schema"
)

func document(seed uint64, content schema.Object) schema.Document {
	return schema.Document{Rand: rand.New(rand.NewPCG(seed, 1)), Content: content, Text: func() string { return `some "text" <b>` }}
}

const closed = `"additionalProperties":false`

func TestWriteSatisfiesTheSchema(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"Empty":       `{}`,
		"Object":      `{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["a","b"],` + closed + `}`,
		"NoType":      `{"properties":{"a":{}},"required":["a"],` + closed + `}`,
		"Optional":    `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"number"}},` + closed + `}`,
		"Array":       `{"type":"array","items":{"type":"boolean"},"minItems":1}`,
		"AnyArray":    `{"type":"array"}`,
		"OnlyItems":   `{"items":{"type":"null"}}`,
		"Enum":        `{"enum":["red","green",3,null,true]}`,
		"Const":       `{"const":"fixed"}`,
		"Nullable":    `{"type":["string","null"]}`,
		"AnyOf":       `{"anyOf":[{"type":"string"},{"type":"object","properties":{"x":{"const":1}},"required":["x"],` + closed + `}]}`,
		"Definitions": `{"$defs":{"w/x":{"type":"integer"},"n":{"$ref":"#/$defs/w~1x"}},"definitions":{"d":{"type":"number"}},"type":"object","properties":{"a":{"$ref":"#/$defs/n"},"b":{"$ref":"#/definitions/d"}},"required":["a","b"],` + closed + `}`,
		"Pattern":     `{"type":"string","pattern":"^(ab|c)[0-9]{2,4}x?y*z+.\\w[^a]$"}`,
		"Annotated":   `{"$schema":"https://json-schema.org/draft/2020-12/schema","$comment":"c","title":"t","description":"d","default":1,"examples":[1],"type":"integer"}`,
	}
	for _, format := range []string{"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"} {
		tests["Format/"+format] = `{"type":"string","format":"` + format + `"}`
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form, err := schema.Parse([]byte(text))
			require.NoError(t, err)
			for seed := range uint64(30) {
				written := form.Write(document(seed, nil))
				require.True(t, form.Valid([]byte(written)), written)
				require.Equal(t, written, form.Write(document(seed, nil)))
			}
		})
	}
}

func TestWriteOrderAndContent(t *testing.T) {
	t.Parallel()
	form, err := schema.Parse([]byte(`{"type":"object","properties":{
		"z":{"type":"string"},"opt":{"type":"string"},"list":{"type":"array","items":{"type":"object","properties":{"h":{"type":"string"}},"required":["h"],` + closed + `}},
		"a":{"type":"integer"}},"required":["a","list","z"],` + closed + `}`))
	require.NoError(t, err)
	require.True(t, form.Asks("z", "a"))
	require.False(t, form.Asks("z", "missing"))
	content := schema.Object{
		"z": "last", "opt": "given", "a": "a string where a number is wanted",
		"list": schema.Array{schema.Object{"h": "one"}, schema.Object{}},
	}
	written := form.Write(document(4, content))
	require.Regexp(t, `^\{"z":"last","list":\[\{"h":"one"\},\{"h":"some \\"text\\" <b>"\}\],"a":\d+,"opt":"given"\}$`, written)
	require.False(t, form.Valid([]byte(`{"z":1}`)))
	require.False(t, form.Valid([]byte(`not JSON`)))
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	object := func(properties string) string {
		return `{"type":"object","properties":{` + properties + `},` + closed + `}`
	}
	tests := map[string]struct{ schema, want string }{
		"NotJSON":          {`{`, "must be a JSON object"},
		"NotAnObject":      {`[]`, "must be a JSON object"},
		"Boolean":          {object(`"a":true`), "properties.a: must be a JSON object"},
		"RepeatedName":     {object(`"a":{},"a":{}`), "properties must be a JSON object"},
		"Open":             {`{"type":"object","properties":{}}`, "'additionalProperties' must be explicitly set to false"},
		"OpenTrue":         {`{"type":"object","additionalProperties":true}`, "'additionalProperties' must be explicitly set to false"},
		"OpenInside":       {object(`"a":{"type":["object","null"]}`), "properties.a: For 'object' type, 'additionalProperties'"},
		"OpenInDefs":       {`{"$defs":{"d":{"type":"object"}},"type":"string"}`, "#/$defs/d: For 'object' type"},
		"Minimum":          {object(`"a":{"type":"integer","minimum":1}`), "properties.a: For 'number' type, property 'minimum' is not supported"},
		"Maximum":          {`{"type":"number","maximum":1}`, "'maximum'"},
		"ExclusiveMinimum": {`{"type":"number","exclusiveMinimum":1}`, "'exclusiveMinimum'"},
		"MultipleOf":       {`{"type":"number","multipleOf":2}`, "'multipleOf'"},
		"MinLength":        {`{"type":"string","minLength":1}`, "For 'string' type, property 'minLength'"},
		"MaxLength":        {`{"type":"string","maxLength":1}`, "'maxLength'"},
		"MinItems":         {`{"type":"array","minItems":2}`, "'minItems' values other than 0 or 1 are not supported (got: 2)"},
		"MinItemsType":     {`{"type":"array","minItems":"x"}`, "minItems must be a whole number"},
		"MaxItems":         {`{"type":"array","maxItems":2}`, "For 'array' type, property 'maxItems'"},
		"OneOf":            {`{"oneOf":[]}`, "keyword 'oneOf' is not supported"},
		"ExternalRef":      {`{"$ref":"https://example.com/x.json"}`, "external $ref"},
		"MissingRef":       {`{"$ref":"#/$defs/x"}`, "does not name a schema in $defs"},
		"RefType":          {`{"$ref":1}`, "$ref must be a string"},
		"RootRecursion":    {`{"type":"array","items":{"$ref":"#"}}`, "recursive schemas are not supported"},
		"Recursion":        {`{"$defs":{"a":{"type":"array","items":{"$ref":"#/$defs/b"}},"b":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/a"}]}},"type":"string"}`, "recursive schemas are not supported"},
		"DefinitionsType":  {`{"$defs":[]}`, "$defs: must be a JSON object"},
		"DefinitionType":   {`{"$defs":{"a":1}}`, "#/$defs/a: must be a JSON object"},
		"UnknownType":      {`{"type":"text"}`, "type 'text' is not supported"},
		"TypeOfType":       {`{"type":1}`, "type must be a type name"},
		"NoTypes":          {`{"type":[]}`, "at least one type"},
		"RequiredUnknown":  {`{"type":"object","required":["a"],` + closed + `}`, "required property 'a' is not among the properties"},
		"RequiredType":     {`{"type":"object","required":"a",` + closed + `}`, "required must be a list"},
		"PropertiesType":   {`{"properties":[]}`, "properties must be a JSON object"},
		"ItemsType":        {`{"items":[]}`, "items: must be a JSON object"},
		"AnyOfType":        {`{"anyOf":{}}`, "anyOf must be a list of schemas"},
		"AnyOfMember":      {`{"anyOf":[1]}`, "anyOf.0: must be a JSON object"},
		"EmptyEnum":        {`{"enum":[]}`, "enum must have at least one value"},
		"EnumType":         {`{"enum":1}`, "enum must be a list of values"},
		"ComplexEnum":      {`{"enum":[{"a":1}]}`, "must be strings, numbers, booleans or null"},
		"ComplexConst":     {`{"const":[1]}`, "must be strings, numbers, booleans or null"},
		"UnknownFormat":    {`{"type":"string","format":"phone"}`, "string format 'phone' is not supported"},
		"BadPattern":       {`{"type":"string","pattern":"("}`, "pattern '(' is not supported"},
		"HardPattern":      {`{"type":"string","pattern":"a\\bb"}`, "is not supported"},
		"PatternType":      {`{"type":"string","pattern":1}`, "pattern must be a string"},
		"Null":             {`{"enum":null}`, "enum must be a list of values"},
		"BadAnnotation":    {`{"type":"string","title":5}`, "not valid JSON Schema"},
		"TooManyOptional":  {object(members(25, `{"type":"string"}`)), "schema has 25 optional parameters, the limit is 24"},
		"TooManyUnions":    {`{"type":"object","properties":{` + members(17, `{"type":["string","null"]}`) + `},"required":[` + names(17) + `],` + closed + `}`, "schema has 17 parameters with union types"},
		"TooDeep":          {strings.Repeat(`{"type":"array","items":`, 40) + `{}` + strings.Repeat(`}`, 40), "too complex for compilation"},
		"TooLarge":         {doubling(20), "too complex for compilation"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := schema.Parse([]byte(test.schema))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func members(n int, value string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(`"p%d":%s`, i, value)
	}
	return strings.Join(parts, ",")
}

func names(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(`"p%d"`, i)
	}
	return strings.Join(parts, ",")
}

// doubling is definitions that use the one before them twice.
func doubling(n int) string {
	defs := map[string]json.RawMessage{"d0": json.RawMessage(`{"type":"string"}`)}
	for i := 1; i <= n; i++ {
		ref := fmt.Sprintf(`{"$ref":"#/$defs/d%d"}`, i-1)
		defs[fmt.Sprintf("d%d", i)] = json.RawMessage(`{"type":"object","properties":{"a":` + ref + `,"b":` + ref + `},"required":["a","b"],` + closed + `}`)
	}
	text, _ := json.Marshal(map[string]any{"$defs": defs, "$ref": fmt.Sprintf("#/$defs/d%d", n)})
	return string(text)
}

func TestLimitsAreAllowed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"type":"object","properties":{` + members(24, `{"type":"string"}`) + `},` + closed + `}`,
		`{"type":"object","properties":{` + members(16, `{"anyOf":[{"type":"string"},{"type":"null"}]}`) + `},"required":[` + names(16) + `],` + closed + `}`,
	} {
		_, err := schema.Parse([]byte(text))
		require.NoError(t, err)
	}
}

func TestEnumsInAnotherCase(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{`{"enum":["red"]}`: `"RED"`, `{"enum":["RED"]}`: `"red"`, `{"enum":[7]}`: `7`} {
		form, err := schema.Parse([]byte(raw))
		require.NoError(t, err)
		require.Equal(t, want, form.Write(schema.Document{Rand: rand.New(rand.NewPCG(1, 1)), OtherCase: true}))
	}
}
