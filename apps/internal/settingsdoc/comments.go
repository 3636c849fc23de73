package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// comments reads what each variable means, by its name: the comments of the fields that have an env tag.
func comments(folder string) (map[string]string, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok && field.Tag != nil && len(field.Names) == 1 {
				variable, meaning := describe(field)
				found[variable] = meaning
			}
			return true
		})
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no setting in %s: give the folder of package settings by -source", folder)
	}
	return found, nil
}

// describe takes "Name is what it means." apart; the meaning is empty when the comment has another form.
func describe(field *ast.Field) (variable, meaning string) {
	tag, _ := strconv.Unquote(field.Tag.Value) // it has been parsed as a literal
	variable, _, _ = strings.Cut(reflect.StructTag(tag).Get("env"), ",")
	text, ok := strings.CutPrefix(strings.Join(strings.Fields(field.Doc.Text()), " "), field.Names[0].Name+" ")
	if !ok {
		return variable, ""
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "is "), "are ")
	return variable, strings.ToUpper(text[:1]) + text[1:]
}
