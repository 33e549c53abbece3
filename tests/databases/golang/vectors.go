package main

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"time"
)

type numbers struct {
	I8, I64, Min int64
	U            uint
	Max          uint64
	F32          float32
	F, Small     float64
	C            complex128
	B            bool
	R            rune
}

type nested struct {
	Name  string
	Inner inner
	Zero  inner
	Ptr   *inner
	Raw   []byte
	Bad   string
}

type inner struct {
	A, B int
	List []string
}

type Embedded struct{ Id string }

type outer struct {
	Embedded
	Anonymous struct{ X, Y int }
}

type lists struct {
	Ints    []int
	Array   [3]int
	Deep    [][]string
	Structs []inner
	Maps    map[string]inner
	ByInt   map[int][]bool
}

type chain struct {
	N    int
	Next *chain
}

type holder struct{ Any interface{} }

type held struct{ N int }

type other struct{ Text string }

type coded struct{ text string }

func (c coded) GobEncode() ([]byte, error)   { return []byte(c.text), nil }
func (c *coded) GobDecode(text []byte) error { c.text = string(text); return nil }

type clock struct {
	At   time.Time
	Own  coded
	Last int
}

// A vector: what is encoded, and how the test shows what it decodes.
type vector struct {
	name, shown string
	value       interface{}
}

func vectors() []byte {
	gob.RegisterName("held", held{})
	gob.RegisterName("*other", &other{})
	gob.RegisterName("holder", holder{})
	gob.RegisterName("[]int", []int{})
	gob.RegisterName("map", map[string]interface{}{})
	at := time.Unix(1700000000, 123).UTC()
	stamp, err := at.MarshalBinary()
	check(err)
	all := []vector{
		{"numbers", `numbers{I8:-128 I64:9223372036854775807 Min:-9223372036854775808 U:1 Max:18446744073709551615 F32:1.5 F:-0.1 Small:0.000001 C:(1.5+2i) B:true R:955}`,
			numbers{-128, math.MaxInt64, math.MinInt64, 1, math.MaxUint64, 1.5, -0.1, 1e-6, complex(1.5, 2), true, 'λ'}},
		{"nested", `nested{Name:"ünï" Inner:inner{A:1 List:["x" ""]} Zero:inner{} Ptr:inner{B:7} Raw:0001ff Bad:61ff}`,
			nested{"ünï", inner{A: 1, List: []string{"x", ""}}, inner{}, &inner{B: 7}, []byte{0, 1, 255}, "a\xff"}},
		{"embedded", `outer{Embedded:Embedded{Id:"i"} Anonymous:{X:3}}`,
			outer{Embedded{"i"}, struct{ X, Y int }{3, 0}}},
		{"lists", `lists{Ints:[0 -1 300] Array:[1 0 2] Deep:[["a"] [] ["b" "c"]] Structs:[inner{} inner{B:2}] Maps:map["k":inner{A:1}] ByInt:map[-5:[true false]]}`,
			lists{[]int{0, -1, 300}, [3]int{1, 0, 2}, [][]string{{"a"}, {}, {"b", "c"}}, []inner{{}, {B: 2}}, map[string]inner{"k": {A: 1}}, map[int][]bool{-5: {true, false}}}},
		{"recursive", `chain{N:1 Next:chain{N:2 Next:chain{N:3}}}`, chain{1, &chain{2, &chain{3, nil}}}},
		{"empty", `inner{}`, inner{}},
		{"nil interface", `holder{}`, holder{}},
		{"int in interface", `holder{Any:int(5)}`, holder{5}},
		{"float in interface", `holder{Any:float64(7)}`, holder{7.0}},
		{"text in interface", `holder{Any:string("x")}`, holder{"x"}},
		{"struct in interface", `holder{Any:held(held{N:3})}`, holder{held{3}}},
		{"pointer in interface", `holder{Any:*other(other{Text:"t"})}`, holder{&other{"t"}}},
		{"list in interface", `holder{Any:[]int([1 2])}`, holder{[]int{1, 2}}},
		{"interface in interface", `holder{Any:holder(holder{Any:*other(other{Text:"deep"})})}`, holder{holder{&other{"deep"}}}},
		{"several interfaces", `[held(held{N:1}) *other(other{Text:"a"}) held(held{N:2}) nil *other(other{Text:"b"})]`,
			[]interface{}{held{1}, &other{"a"}, held{2}, nil, &other{"b"}}},
		{"map of interfaces", `map["k":map(map["l":held(held{N:9})])]`,
			map[string]interface{}{"k": map[string]interface{}{"l": held{9}}}},
		{"single int", `-77`, -77},
		{"single text", `"alone"`, "alone"},
		{"own encoding", fmt.Sprintf("clock{At:Time<%x> Own:coded<616263> Last:4}", stamp),
			clock{at, coded{"abc"}, 4}},
	}
	var text bytes.Buffer
	for _, one := range all {
		var stream bytes.Buffer
		check(gob.NewEncoder(&stream).Encode(one.value))
		fmt.Fprintf(&text, "%s\t%s\t%x\n", one.name, one.shown, stream.Bytes())
	}
	return text.Bytes()
}
