#!/usr/bin/env node
require('./load-chunk.js').load('main-SVIFOZ65.js')
