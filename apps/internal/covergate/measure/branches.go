package measure

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/cover"
)

// reader walks one function and counts the outcomes of its decisions.
type reader struct {
	fset     *token.FileSet
	blocks   []cover.ProfileBlock
	branches Count
	// err is the first place that the profile does not know.
	err error
}

// Visit meets ast.Visitor.
func (r *reader) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.IfStmt:
		r.decideIf(n)
	case *ast.SwitchStmt:
		r.decideSwitch(n.Pos(), n.Body)
	case *ast.TypeSwitchStmt:
		r.decideSwitch(n.Pos(), n.Body)
	case *ast.SelectStmt:
		r.decideSelect(n.Body)
	case *ast.ForStmt:
		r.enter(n.Body)
	case *ast.RangeStmt:
		r.enter(n.Body)
	}
	return r
}

// enter notes whether a block in braces was entered. Its counter stands right after the brace at the latest.
func (r *reader) enter(block *ast.BlockStmt) int {
	n := r.count(block.Lbrace + 1)
	r.branches.note(n > 0)
	return n
}

func (r *reader) decideIf(n *ast.IfStmt) {
	taken := r.enter(n.Body)
	switch other := n.Else.(type) {
	case nil:
		r.branches.note(r.count(n.Pos()) > taken)
	case *ast.BlockStmt:
		r.enter(other)
	default: // else if: reaching the next condition is the outcome of this one
		r.branches.note(r.count(other.Pos()) > 0)
	}
}

// decideSwitch notes each case by the times it was chosen: what fell in from the case above is taken off. What remains of
// the times that the switch was reached matched no case.
func (r *reader) decideSwitch(at token.Pos, block *ast.BlockStmt) {
	if len(block.List) == 0 {
		return
	}
	unmatched, fell, hasDefault := r.count(at), 0, false
	for _, stmt := range block.List {
		clause := stmt.(*ast.CaseClause)
		chosen := r.count(clause.Colon+1) - fell
		r.branches.note(chosen > 0)
		unmatched -= chosen
		hasDefault = hasDefault || clause.List == nil
		fell = r.fallen(clause.Body)
	}
	if !hasDefault {
		r.branches.note(unmatched > 0)
	}
}

// fallen is how often a case ended in fallthrough.
func (r *reader) fallen(list []ast.Stmt) int {
	if len(list) == 0 {
		return 0
	}
	if branch, ok := list[len(list)-1].(*ast.BranchStmt); ok && branch.Tok == token.FALLTHROUGH {
		return r.count(branch.Pos())
	}
	return 0
}

func (r *reader) decideSelect(block *ast.BlockStmt) {
	for _, stmt := range block.List {
		r.branches.note(r.count(stmt.(*ast.CommClause).Colon+1) > 0)
	}
}
