#!/usr/bin/env node
require('./load-chunk.js').load('main-CFAIM4OY.js')
