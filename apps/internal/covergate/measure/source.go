package measure

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"

	"golang.org/x/tools/cover"
)

// Source measures one file. The path is kept for the report; the blocks are the file's part of the profile. A decision
// without a block is an error: the profile was made from another version of the file.
func Source(path string, src []byte, blocks []cover.ProfileBlock) (File, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		return File{}, err
	}
	file := File{Path: path}
	for _, body := range bodies(tree) {
		r := reader{fset: fset, blocks: blocks}
		function := r.function(path, body)
		if r.err != nil {
			return File{}, r.err
		}
		file.Functions = append(file.Functions, function)
		file.Add(function.Counts)
	}
	return file, nil
}

// body is one function with code.
type body struct {
	name  string
	at    token.Pos
	block *ast.BlockStmt
}

// bodies lists the functions of a file in order: declarations, and literals that stand outside of any. A function named _
// is left out, because nobody can call it and the compiler's counters leave it out too.
func bodies(tree *ast.File) []body {
	var found []body
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil && n.Name.Name != "_" {
				found = append(found, body{name: nameOf(n), at: n.Pos(), block: n.Body})
			}
			return false
		case *ast.FuncLit:
			found = append(found, body{name: "func literal", at: n.Pos(), block: n.Body})
			return false
		}
		return true
	})
	return found
}

// nameOf writes a method with its receiver's type.
func nameOf(n *ast.FuncDecl) string {
	if n.Recv == nil || len(n.Recv.List) == 0 {
		return n.Name.Name
	}
	receiver := types.ExprString(n.Recv.List[0].Type)
	if receiver[0] == '*' {
		receiver = "(" + receiver + ")"
	}
	return receiver + "." + n.Name.Name
}

// function adds up one function.
func (r *reader) function(path string, b body) Function {
	at := r.fset.Position(b.at)
	function := Function{File: path, Line: at.Line, Name: b.name}
	function.Functions.note(r.count(b.block.Lbrace+1) > 0)
	function.Statements = r.statements(b.block)
	ast.Walk(r, b.block)
	function.Branches = r.branches
	return function
}

// statements sums the blocks that begin inside a function's braces.
func (r *reader) statements(block *ast.BlockStmt) Count {
	var sum Count
	first, last := r.fset.Position(block.Lbrace), r.fset.Position(block.Rbrace)
	for _, b := range r.blocks {
		if before(b.StartLine, b.StartCol, first.Line, first.Column) ||
			before(last.Line, last.Column, b.StartLine, b.StartCol) {
			continue
		}
		sum.All += b.NumStmt
		if b.Count > 0 {
			sum.Run += b.NumStmt
		}
	}
	return sum
}

// count returns how often the block at a place ran.
func (r *reader) count(at token.Pos) int {
	p := r.fset.Position(at)
	n, ok := countAt(r.blocks, p.Line, p.Column)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("%s: the profile has no block here: it was made from another version of this file, make it again", p)
	}
	return n
}
