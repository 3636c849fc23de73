package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// constant is one value of a closed list: how it is written to people, and its comment, cut where it begins to say what
// happens when the process dies.
type constant struct{ value, meaning, death string }

// parse reads the files of a package, tests left out, in the order of their names.
func parse(folder string) ([]*ast.File, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no Go file in %s: give the folder of package job by -source", folder)
	}
	return files, nil
}

// constants returns the values of a type in the order of their declaration. Values of a numbered type are named by number.
func constants(files []*ast.File, typeName string, number func(int) string) ([]constant, error) {
	var list []constant
	for _, file := range files {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			of := ""
			for i, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				if spec.Type != nil || len(spec.Values) > 0 {
					of = nameOf(spec.Type)
				}
				if of != typeName {
					continue
				}
				c, err := describe(spec, i, number)
				if err != nil {
					return nil, err
				}
				list = append(list, c)
			}
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no constant of type %s found", typeName)
	}
	return list, nil
}

func nameOf(expr ast.Expr) string {
	if name, ok := expr.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// describe takes the comment of one constant apart: "Name: meaning. If the process dies, ...", or "Name does something."
func describe(spec *ast.ValueSpec, at int, number func(int) string) (constant, error) {
	name := spec.Names[0].Name
	text, ok := strings.CutPrefix(strings.Join(strings.Fields(spec.Doc.Text()), " "), name)
	text = strings.TrimLeft(text, ": ")
	if !ok || text == "" {
		return constant{}, fmt.Errorf("%s needs a comment that begins with its name and says what it means", name)
	}
	c := constant{}
	if number != nil {
		c.value = number(at)
	} else if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
		c.value, _ = strconv.Unquote(literal.Value) // it has been parsed as a literal
	}
	if c.value == "" && number == nil {
		return constant{}, fmt.Errorf("%s is no text", name)
	}
	meaning, death, dies := strings.Cut(text, " If ")
	c.meaning = sentence(meaning)
	if dies {
		c.death = sentence("if " + death)
	}
	return c, nil
}

// sentence begins with a capital letter.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
